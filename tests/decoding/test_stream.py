"""One token at a time."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import greedy_search, stream_ids
from regard.errors import TokenLimitError
from regard.settings import DecodingSettings
from regard.text.control import EOS

SEARCH = DecodingSettings(beam_size=1)


@given(source=st.lists(st.integers(4, 9), min_size=1, max_size=6), max_length=st.sampled_from([None, 1, 4]))
@settings(max_examples=30)
def test_the_stream_is_greedy_search(make_toy, source, max_length) -> None:
    toy = make_toy(10, ending=1.0)
    search = SEARCH.model_copy(update={"max_length": max_length})
    steps = list(stream_ids(toy, source, search))
    (whole,) = greedy_search(toy, [source], search)
    assert tuple(step.id for step in steps if not step.is_end) == whole.ids
    assert tuple(step.log_probability for step in steps) == whole.token_log_probabilities
    assert steps[-1].is_end == whole.finished


def test_the_stream_is_greedy_search_where_all_words_are_equally_probable(make_toy) -> None:
    toy = make_toy(300, logits_of=lambda source, prefix: np.where(np.arange(300) > EOS, 0.0, -9.0))
    steps = list(stream_ids(toy, [5], SEARCH))
    assert tuple(step.id for step in steps) == greedy_search(toy, [[5]], SEARCH)[0].ids
    assert all(step.candidates[0].id == step.id for step in steps)


def test_candidates_are_the_most_probable_tokens_and_the_first_is_the_chosen_one(make_toy) -> None:
    for step in stream_ids(make_toy(10), [5, 6], SEARCH, num_candidates=4):
        values = [candidate.log_probability for candidate in step.candidates]
        assert len(values) == 4
        assert values == sorted(values, reverse=True)
        assert step.candidates[0].id == step.id
        assert values[0] == step.log_probability


def test_nothing_is_computed_ahead_and_closing_ends_the_search(make_toy) -> None:
    toy = make_toy(10, ending=-9.0)
    stream = stream_ids(toy, [5, 6], SEARCH)
    assert toy.encoded == []
    next(stream)
    next(stream)
    assert len(toy.rows_per_step) == 2
    stream.close()
    assert list(stream) == []
    assert len(toy.rows_per_step) == 2


def test_a_closed_stream_keeps_nothing_alive(make_toy) -> None:
    toy = make_toy(10, ending=-9.0)
    watched = weakref.ref(toy)
    stream = stream_ids(toy, [5, 6], SEARCH)
    next(stream)
    stream.close()
    del toy
    gc.collect()
    assert watched() is None


def test_the_reader_s_code_runs_with_gradients_and_its_own_training_flag(make_toy) -> None:
    toy = make_toy(10, ending=-9.0)
    for _ in stream_ids(toy, [5], SEARCH.model_copy(update={"max_length": 3})):
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
        assert toy.training


def test_an_empty_source_streams_nothing(make_toy) -> None:
    toy = make_toy(10)
    assert list(stream_ids(toy, [], SEARCH)) == []
    assert toy.encoded == []


def test_a_long_source_is_refused(make_toy) -> None:
    with pytest.raises(TokenLimitError, match="sentence 1 has 3 tokens, but at most 2"):
        next(stream_ids(make_toy(10), [5, 5, 5], SEARCH.model_copy(update={"max_source_tokens": 2})))
