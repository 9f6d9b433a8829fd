"""Beam search against exhaustive search, greedy search, forced decoding, and its parts against numbers by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import beam_search, greedy_search, score_ids
from regard.decoding.beam import advance, cut_at_limit, ending, expand, incomplete, open_beams, set_aside
from regard.decoding.choice import log_probabilities
from regard.decoding.shelf import Shelf
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

LOW = -20.0


def rows(*values: dict[int, float]) -> torch.Tensor:
    """Log-probabilities of a vocabulary of 8 tokens, given by id; the rest is very improbable."""
    return torch.tensor([[each.get(token, LOW) for token in range(8)] for each in values], dtype=torch.float64)


# --- the parts


def test_at_first_only_one_beam_of_each_sentence_is_live() -> None:
    beams = open_beams(2, 3)
    assert beams.tokens.tolist() == [[[BOS]] * 3] * 2
    assert beams.totals.tolist() == [[0.0, -math.inf, -math.inf]] * 2
    assert beams.length == 0


def test_expanding_takes_the_best_of_all_beams_together() -> None:
    first = expand(open_beams(1, 2), rows({5: -1.0, 6: -2.0}, {5: 0.0}))
    assert first.tokens[0, :2].tolist() == [5, 6]
    assert first.totals[0, :2].tolist() == [-1.0, -2.0]
    beams, parents = advance(open_beams(1, 2), first)
    assert parents.tolist() == [[0, 0]]
    assert beams.tokens.tolist() == [[[BOS, 5], [BOS, 6]]]

    second = expand(beams, rows({7: -3.0, 4: -3.5, 5: -9.0}, {6: -0.5, EOS: -1.0}))
    assert second.tokens.tolist() == [[6, EOS, 7, 4]]
    assert second.parents.tolist() == [[1, 1, 0, 0]]
    assert second.totals.tolist() == [[-2.5, -3.0, -4.0, -4.5]]
    assert second.log_probabilities.tolist() == [[-0.5, -1.0, -3.0, -3.5]]


def test_a_candidate_ends_only_among_the_best_of_the_beam() -> None:
    beams, _ = advance(open_beams(1, 2), expand(open_beams(1, 2), rows({5: -1.0, 6: -2.0}, {})))
    among = expand(beams, rows({7: -3.0, 4: -3.5}, {6: -0.5, EOS: -1.0}))
    assert ending(among, 2).tolist() == [[False, True]]
    behind = expand(beams, rows({7: -1.0, 4: -1.5}, {6: -0.5, EOS: -5.0}))
    assert not ending(behind, 2).any()


def test_what_ends_is_set_aside_with_its_whole_history() -> None:
    beams, _ = advance(open_beams(1, 2), expand(open_beams(1, 2), rows({5: -1.0, 6: -2.0}, {})))
    shelf = Shelf(9, DecodingSettings(beam_size=2))
    set_aside(beams, expand(beams, rows({7: -3.0, 4: -3.5}, {6: -0.5, EOS: -1.0})), [shelf], length_penalty=1.0)
    (found,) = shelf.ranked()
    assert (found.ids, found.token_log_probabilities, found.score) == ((6,), (-2.0, -1.0), -1.5)


def test_the_beam_goes_on_with_candidates_that_do_not_end() -> None:
    beams, _ = advance(open_beams(1, 2), expand(open_beams(1, 2), rows({5: -1.0, 6: -2.0}, {})))
    grown, parents = advance(beams, expand(beams, rows({7: -3.0, 4: -3.5}, {6: -0.5, EOS: -1.0})))
    assert grown.tokens.tolist() == [[[BOS, 6, 6], [BOS, 5, 7]]]
    assert grown.log_probabilities.tolist() == [[[-2.0, -0.5], [-1.0, -3.0]]]
    assert grown.totals.tolist() == [[-2.5, -4.0]]
    assert parents.tolist() == [[1, 0]]


def test_parents_are_counted_within_their_sentence() -> None:
    start = open_beams(2, 2)
    _, parents = advance(start, expand(start, rows({5: -1.0, 6: -2.0}, {}, {7: -1.0, 6: -3.0}, {})))
    assert parents.tolist() == [[0, 0], [0, 0]]


def test_an_eos_from_an_empty_beam_neither_ends_nor_goes_on() -> None:
    start = open_beams(1, 4)
    candidates = expand(start, torch.tensor([[LOW, LOW, LOW, -0.1, -2.0]] * 4, dtype=torch.float64))
    assert ending(candidates, 4).sum() == 1
    grown, _ = advance(start, candidates)
    assert grown.totals.isfinite().tolist() == [[True, False, False, False]]


def test_at_the_limit_live_hypotheses_are_kept_as_cut_and_the_sentence_is_complete() -> None:
    beams, _ = advance(open_beams(2, 2), expand(open_beams(2, 2), rows({5: -1.0}, {}, {6: -1.0}, {})))
    shelves = [Shelf(1, DecodingSettings(beam_size=2)), Shelf(2, DecodingSettings(beam_size=2))]
    cut_at_limit(beams, shelves, length_penalty=1.0)
    assert [len(shelf.ranked()) for shelf in shelves] == [1, 0]
    assert shelves[0].ranked()[0].finished is False
    assert incomplete(beams, shelves) == [1]


# --- the whole


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("source", [(5,), (6, 7), (5, 5, 5)])
def test_a_wide_beam_finds_what_exhaustive_search_finds(make_toy, every_translation, source, penalty) -> None:
    toy = make_toy(8, ending=1.0)
    wide = DecodingSettings(beam_size=400, num_hypotheses=20, length_penalty=penalty, max_length=4)
    (found,) = beam_search(toy, [list(source)], wide)
    everything = every_translation(toy, source, wide, 4)
    expected = sorted(everything, key=lambda each: -each.score)[:20]
    assert [each.ids for each in found] == [each.ids for each in expected]
    assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-12)


def test_a_narrow_beam_can_miss_the_best(make_toy, every_translation) -> None:
    """Shows that the comparison above can fail."""
    missed = 0
    for word in range(4, 8):
        for toy in (make_toy(8, spread=3.0), make_toy(8, ending=1.0)):
            best = max(every_translation(toy, (word,), DecodingSettings(), 4), key=lambda each: each.score)
            narrow = DecodingSettings(beam_size=1, max_length=4)
            missed += beam_search(toy, [[word]], narrow)[0][0].ids != best.ids
    assert missed > 0


many_sources = st.lists(st.lists(st.integers(4, 9), min_size=1, max_size=6), min_size=1, max_size=5)
penalties = st.sampled_from([0.0, 0.7, 1.0, 1.5])


@pytest.mark.guarantee(
    "A beam of one is greedy search",
    area="decoding",
    control="test_a_wider_beam_is_not_greedy_search",
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@given(sources=many_sources, penalty=penalties, ending=st.sampled_from([-1.0, 0.0, 1.0, 3.0]))
@settings(max_examples=25)
def test_a_beam_of_one_is_greedy_search(make_toy, dtype, sources, penalty, ending) -> None:
    toy = make_toy(10, ending=ending, dtype=dtype)
    one = DecodingSettings(beam_size=1, length_penalty=penalty)
    assert beam_search(toy, sources, one) == [[each] for each in greedy_search(toy, sources, one)]


def test_a_beam_of_one_is_greedy_search_even_where_all_tokens_are_equally_probable(make_toy) -> None:
    toy = make_toy(10, logits_of=lambda source, prefix: np.zeros(10), dtype=torch.bfloat16)
    one = DecodingSettings(beam_size=1)
    assert beam_search(toy, [[5], [5, 6]], one) == [[each] for each in greedy_search(toy, [[5], [5, 6]], one)]


@pytest.mark.guarantee(
    "The hypotheses of a beam differ, best first, and forced decoding gives the same scores",
    area="decoding",
    control="test_if_all_beams_started_live_hypotheses_would_repeat",
)
@given(
    sources=many_sources,
    penalty=penalties,
    beam_size=st.integers(2, 9),
    ending=st.sampled_from([0.0, 2.0]),
    max_length=st.sampled_from([None, 1, 3, 6]),
)
@settings(max_examples=60)
def test_hypotheses_are_distinct_sorted_and_reproduced_by_forced_decoding(
    make_toy, sources, penalty, beam_size, ending, max_length
) -> None:
    toy = make_toy(10, ending=ending)
    wanted = DecodingSettings(
        beam_size=beam_size, num_hypotheses=beam_size, length_penalty=penalty, max_length=max_length
    )
    for source, found in zip(sources, beam_search(toy, sources, wanted), strict=True):
        assert len({each.ids for each in found}) == len(found) == beam_size or max_length == 1
        scores = [each.score for each in found]
        assert scores == sorted(scores, reverse=True)
        forced = score_ids(toy, [source] * len(found), [each.ids for each in found], wanted)
        for each, again in zip(found, forced, strict=True):
            scored = len(each.token_log_probabilities)
            assert each.token_log_probabilities == pytest.approx(again.token_log_probabilities[:scored], abs=1e-12)
            assert each.score == pytest.approx(sum(again.token_log_probabilities[:scored]) / scored**penalty, abs=1e-12)
            if each.finished:
                assert each.score == pytest.approx(again.score, abs=1e-12)


@given(sources=many_sources, beam_size=st.integers(2, 5), order=st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_neighbours_in_the_batch_and_their_order_change_nothing(make_toy, sources, beam_size, order) -> None:
    toy = make_toy(10, ending=1.0)
    wanted = DecodingSettings(beam_size=beam_size, num_hypotheses=2)
    together = beam_search(toy, sources, wanted)
    assert together == [beam_search(toy, [source], wanted)[0] for source in sources]
    shuffled = order.sample(range(len(sources)), len(sources))
    assert beam_search(toy, [sources[place] for place in shuffled], wanted) == [together[place] for place in shuffled]


@given(sources=many_sources, beam_size=st.integers(2, 6), penalty=penalties)
@settings(max_examples=30)
def test_asking_for_more_hypotheses_never_changes_the_first_ones(make_toy, sources, beam_size, penalty) -> None:
    """Fewer wanted hypotheses may stop the search earlier; that must not show."""
    toy = make_toy(10, ending=1.5)
    few, many = (
        beam_search(toy, sources, DecodingSettings(beam_size=beam_size, num_hypotheses=count, length_penalty=penalty))
        for count in (1, beam_size)
    )
    assert few == [found[:1] for found in many]


def test_stopping_early_saves_steps(make_toy) -> None:
    steps = []
    for count in (1, 5):
        toy = make_toy(10, ending=4.0)
        beam_search(toy, [[5, 6, 7]], DecodingSettings(beam_size=5, num_hypotheses=count, length_penalty=0.0))
        steps.append(len(toy.rows_per_step))
    assert steps[0] < steps[1]


def test_complete_sentences_leave_the_batch(make_toy) -> None:
    def by_length(source, prefix):
        logits = np.arange(10.0) / 10
        logits[EOS] = 9.0 if len(prefix) >= len(source) else -9.0
        return logits

    toy = make_toy(10, logits_of=by_length)
    beam_search(toy, [[5], [5, 5, 5, 5]], DecodingSettings(beam_size=2))
    assert toy.rows_per_step[0] == 4
    assert toy.rows_per_step[-1] == 2


def test_a_wider_beam_is_not_greedy_search(make_toy) -> None:
    """Shows that the comparison of a beam of one with greedy search can fail."""
    toy = make_toy(10, ending=1.0)
    sources = [[word] for word in range(4, 10)]
    wider = beam_search(toy, sources, DecodingSettings(beam_size=4))
    assert wider != [[each] for each in greedy_search(toy, sources, DecodingSettings(beam_size=1))]


def test_if_all_beams_started_live_hypotheses_would_repeat(make_toy, monkeypatch) -> None:
    """The negative control of their being distinct."""

    def open_all(*arguments, **options):
        beams = open_beams(*arguments, **options)
        return replace(beams, totals=torch.zeros_like(beams.totals))

    monkeypatch.setattr("regard.decoding.beam.open_beams", open_all)
    (found,) = beam_search(make_toy(10), [[5]], DecodingSettings(beam_size=3, num_hypotheses=3, max_length=4))
    assert len({each.ids for each in found}) < len(found)


def test_a_beam_wider_than_the_vocabulary_works(make_toy) -> None:
    toy = make_toy(6, ending=1.0)
    (found,) = beam_search(toy, [[5]], DecodingSettings(beam_size=50, num_hypotheses=50, max_length=2))
    assert {each.ids for each in found} >= {(), (4,), (5,)}


def test_beam_search_on_equal_probabilities_returns_distinct_hypotheses(make_toy) -> None:
    toy = make_toy(10, logits_of=lambda source, prefix: np.zeros(10))
    (found,) = beam_search(toy, [[5]], DecodingSettings(beam_size=6, num_hypotheses=6, max_length=4))
    assert len({(each.ids, each.finished) for each in found}) == len(found) == 6


def test_log_probabilities_of_equal_logits_are_equal() -> None:
    assert log_probabilities(torch.zeros(1, 8)).unique().numel() == 1
