"""Greedy search on a network whose every logit is known."""

import numpy as np
import pytest
import torch

from regard.decoding import greedy_search, guided_ids
from regard.errors import DivergedError
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

GREEDY = DecodingSettings(beam_size=1)


def copying(source, prefix):
    """A network that writes its source down, EOS included."""
    logits = np.zeros(12)
    logits[source[len(prefix) - 1]] = 3.0
    return logits


def looping(source, prefix):
    """A network that never ends."""
    logits = np.zeros(12)
    logits[7] = 5.0
    return logits


def test_the_most_probable_token_is_taken_each_time(make_toy) -> None:
    toy = make_toy(8)
    (found,) = greedy_search(toy, [[5, 6]], GREEDY)
    prefix = (BOS,)
    for token in (*found.ids, EOS) if found.finished else found.ids:
        logits = toy.logits_of((5, 6, EOS), prefix)
        assert token == EOS + int(np.argmax(logits[EOS:]))
        prefix = (*prefix, token)


def test_a_copying_network_copies_each_sentence_of_a_batch(make_toy) -> None:
    sources = [[5, 6, 7], [8], [9, 9, 10, 11, 4]]
    found = greedy_search(make_toy(12, logits_of=copying), sources, GREEDY)
    assert [list(each.ids) for each in found] == sources
    assert all(each.finished for each in found)
    value = 3 - np.log(np.exp(3) + 11)
    assert found[1].token_log_probabilities == pytest.approx((value, value), abs=1e-12)
    assert found[1].score == pytest.approx(value, abs=1e-12)


def test_finished_rows_leave_the_batch(make_toy) -> None:
    toy = make_toy(12, logits_of=copying)
    greedy_search(toy, [[5, 6, 7], [8], [9, 9, 10, 11, 4]], GREEDY)
    assert toy.rows_per_step == [3, 3, 2, 2, 1, 1]


@pytest.mark.guarantee(
    "A translation that would not end is cut at a length that follows from its source",
    area="decoding",
    control="test_a_limit_that_is_not_the_sentences_own_is_caught",
    reported="LibreTranslate #567, argos #444, OpenNMT-py #1934",
)
def test_endless_output_is_cut_at_each_sentence_s_own_length(make_toy) -> None:
    found = greedy_search(make_toy(12, logits_of=looping), [[5], [5, 5, 5]], GREEDY)
    assert [each.ids for each in found] == [(7,) * 22, (7,) * 26]
    assert not any(each.finished for each in found)


def test_a_limit_that_is_not_the_sentences_own_is_caught(make_toy, monkeypatch) -> None:
    monkeypatch.setattr("regard.decoding.greedy.max_target_length", lambda *_, **__: 30)
    with pytest.raises(AssertionError):
        test_endless_output_is_cut_at_each_sentence_s_own_length(make_toy)


def test_a_given_maximum_length_cuts(make_toy) -> None:
    settings = GREEDY.model_copy(update={"max_length": 2})
    (found,) = greedy_search(make_toy(12, logits_of=copying), [[5, 6, 7]], settings)
    assert (found.ids, found.finished) == ((5, 6), False)


def test_eos_at_the_maximum_length_finishes(make_toy) -> None:
    settings = GREEDY.model_copy(update={"max_length": 3})
    (found,) = greedy_search(make_toy(12, logits_of=copying), [[5, 6]], settings)
    assert (found.ids, found.finished) == ((5, 6), True)


@pytest.mark.parametrize("drawn", [False, True], ids=["searched", "drawn"])
def test_logits_that_are_not_finite_stop_the_search(make_toy, drawn: bool) -> None:
    def spoiled(source, prefix):
        logits = looping(source, prefix)
        logits[3] = np.nan if len(prefix) == 4 else 0.0
        return logits

    toy = make_toy(12, logits_of=spoiled)
    with pytest.raises(DivergedError, match="not finite"):
        guided_ids(toy, [[5]], DecodingSettings(beam_size=1, samples=int(drawn)))
    assert len(toy.rows_per_step) == 4


def test_a_model_in_training_answers_without_dropout_and_goes_back_to_training(make_toy) -> None:
    toy = make_toy(8)  # the toy itself asserts evaluation and inference mode
    assert toy.training
    greedy_search(toy, [[5]], GREEDY)
    assert toy.training
    assert not torch.is_inference_mode_enabled()
    toy.eval()
    greedy_search(toy, [[5]], GREEDY)
    assert not toy.training
