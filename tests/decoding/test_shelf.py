"""When search stops, and in which order hypotheses come back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from regard.decoding import Hypothesis
from regard.decoding.shelf import Shelf
from regard.settings import DecodingSettings
from regard.text.control import EOS

START = DecodingSettings(beam_size=3, num_hypotheses=2, length_penalty=1.0)


def finished(word: int, *values: float) -> Hypothesis:
    return Hypothesis.of([word] * (len(values) - 1) + [EOS], values, length_penalty=1.0)


def cut(word: int, *values: float) -> Hypothesis:
    return Hypothesis.of([word] * len(values), values, length_penalty=1.0)


def test_search_goes_on_while_too_few_are_finished() -> None:
    shelf = Shelf(10, START)
    assert not shelf.is_complete(-50.0)
    shelf.add(finished(5, -0.1, -0.1))
    assert not shelf.is_complete(-50.0)


def test_search_stops_when_the_beam_is_full() -> None:
    shelf = Shelf(10, START)
    for word in (5, 6, 7):
        assert not shelf.is_complete(-0.1)
        shelf.add(finished(word, -2.0, -2.0))
    assert shelf.is_complete(-0.1)


def test_search_stops_when_no_live_one_can_beat_the_worst_wanted() -> None:
    shelf = Shelf(10, START)
    shelf.add(finished(5, -0.1, -0.1))
    shelf.add(finished(6, -0.5, -0.5))  # score -0.5: a live one must stay above -5 in all to beat it at length 10
    assert shelf.is_complete(-5.0)
    assert not shelf.is_complete(-4.99)


def test_with_no_length_penalty_the_bound_is_the_log_probability_itself() -> None:
    shelf = Shelf(10, START.model_copy(update={"length_penalty": 0.0, "num_hypotheses": 1}))
    shelf.add(Hypothesis.of([5, EOS], [-1.0, -1.0], length_penalty=0.0))
    assert shelf.is_complete(-2.0)
    assert not shelf.is_complete(-1.99)


def test_search_stops_when_nothing_is_live() -> None:
    assert Shelf(10, START).is_complete(-math.inf)


def test_the_best_score_comes_first() -> None:
    shelf = Shelf(10, START)
    for word, value in ((5, -2.0), (6, -1.0), (7, -3.0)):
        shelf.add(finished(word, value, value))
    assert [hypothesis.ids for hypothesis in shelf.ranked()] == [(6,), (5,)]


def test_cut_and_finished_translations_compete_by_score() -> None:
    shelf = Shelf(2, START)
    shelf.add(finished(5, -9.0, -9.0))  # it could end, but nobody would have ended there
    shelf.add(cut(8, -4.0, -4.0))
    shelf.add(cut(9, -0.5, -0.5))
    assert [(each.ids, each.finished) for each in shelf.ranked()] == [((9, 9), False), ((8, 8), False)]


@given(values=st.lists(st.floats(-9, 0), max_size=6), wanted=st.integers(1, 6))
def test_the_list_is_sorted_and_asking_for_more_never_changes_the_best(values: list[float], wanted: int) -> None:
    lists = []
    for count in (1, wanted):
        shelf = Shelf(1, DecodingSettings(beam_size=6, num_hypotheses=count))
        for word, value in enumerate(values):
            shelf.add(finished(word + 5, value, value) if word % 2 else cut(word + 5, value))
        lists.append(shelf.ranked())
    scores = [hypothesis.score for hypothesis in lists[1]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == min(wanted, len(values))
    assert lists[0] == lists[1][:1]
