"""The value search leaves, and its score against the formula written out."""

import math

import pytest

from regard.decoding import Hypothesis, normalised_score
from regard.text.control import EOS


@pytest.mark.parametrize(("penalty", "expected"), [(0.0, -6.0), (1.0, -2.0), (0.5, -6 / math.sqrt(3)), (2.0, -6 / 9)])
def test_the_score_is_the_log_probability_over_length_to_the_penalty(penalty: float, expected: float) -> None:
    assert normalised_score(-6.0, 3, penalty) == pytest.approx(expected, abs=1e-15)


def test_eos_counts_in_the_length_and_is_not_among_the_ids() -> None:
    hypothesis = Hypothesis.of([7, 8, EOS], [-1.0, -2.0, -3.0], length_penalty=1.0)
    assert hypothesis == Hypothesis((7, 8), (-1.0, -2.0, -3.0), -6.0, -2.0, finished=True)


def test_a_cut_translation_has_one_log_probability_per_id() -> None:
    hypothesis = Hypothesis.of([7, 8], [-1.0, -2.0], length_penalty=1.0)
    assert hypothesis == Hypothesis((7, 8), (-1.0, -2.0), -3.0, -1.5, finished=False)


def test_only_eos_at_once_is_a_finished_empty_translation() -> None:
    assert Hypothesis.of([EOS], [-0.5], length_penalty=1.0) == Hypothesis((), (-0.5,), -0.5, -0.5, finished=True)


def test_nothing_translates_to_nothing_with_certainty() -> None:
    assert Hypothesis.empty() == Hypothesis((), (), 0.0, 0.0, finished=True)
    assert normalised_score(0.0, 0, 1.0) == 0.0
