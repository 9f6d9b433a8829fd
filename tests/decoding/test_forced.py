"""Forced decoding: the probability of a known translation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import Hypothesis, score_ids
from regard.errors import ShapeError, TokenLimitError
from regard.settings import DecodingSettings

SEARCH = DecodingSettings(length_penalty=0.5)


def test_the_score_is_worked_out_by_hand(make_toy) -> None:
    """Uniform over 10 tokens: each costs log 10; two words and EOS are three."""
    toy = make_toy(10, logits_of=lambda source, prefix: np.zeros(10))
    (scored,) = score_ids(toy, [[5]], [[6, 7]], SEARCH)
    assert scored.ids == (6, 7)
    assert scored.finished
    assert scored.log_probability == pytest.approx(-3 * math.log(10), abs=1e-12)
    assert scored.score == pytest.approx(-3 * math.log(10) / math.sqrt(3), abs=1e-12)


pairs_strategy = st.lists(
    st.tuples(st.lists(st.integers(4, 9), max_size=5), st.lists(st.integers(4, 9), max_size=5)), max_size=6
)


@given(pairs=pairs_strategy, budget=st.integers(1, 60))
@settings(max_examples=40)
def test_order_neighbours_and_padding_change_nothing(make_toy, pairs, budget) -> None:
    toy = make_toy(10)
    search = SEARCH.model_copy(update={"batch_tokens": budget})
    together = score_ids(toy, [source for source, _ in pairs], [target for _, target in pairs], search)
    alone = [score_ids(toy, [source], [target], search)[0] for source, target in pairs]
    assert together == alone


def test_an_empty_translation_costs_its_eos(make_toy) -> None:
    toy = make_toy(10, logits_of=lambda source, prefix: np.zeros(10))
    (scored,) = score_ids(toy, [[5]], [[]], SEARCH)
    assert scored.token_log_probabilities == pytest.approx((-math.log(10),), abs=1e-12)


def test_an_empty_source_is_not_scored(make_toy) -> None:
    toy = make_toy(10)
    assert score_ids(toy, [[]], [[]], SEARCH) == [Hypothesis.empty()]
    assert toy.encoded == []


def test_each_source_needs_one_target(make_toy) -> None:
    with pytest.raises(ShapeError, match="2 sources and 1 targets are given; each source needs one target"):
        score_ids(make_toy(10), [[5], [6]], [[5]], SEARCH)


def test_a_long_source_is_refused(make_toy) -> None:
    with pytest.raises(TokenLimitError, match="sentence 1 has 9 tokens"):
        score_ids(make_toy(10), [[5] * 9], [[5]], SEARCH.model_copy(update={"max_source_tokens": 8}))
