import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing.compare import compare_traces, match_tokens


def test_a_trace_and_itself(make_trace):
    trace = make_trace("the cat sleeps", "le chat dort", layers=2)
    comparison = compare_traces(trace, trace)
    assert comparison.is_same_translation
    assert comparison.score_change == 0
    assert comparison.notes == ()
    assert len(comparison.heads) == 12
    assert all(head.largest == head.mean == 0 for head in comparison.heads)
    assert str(comparison).splitlines()[0] == "same translation: 'le chat dort'"
    assert str(comparison).splitlines()[-1] == "and 2 heads that changed less"


def test_second_minus_first(make_trace):
    first, second = (make_trace("the cat sleeps", "le chat dort", seed=seed) for seed in (1, 2))
    difference = compare_traces(first, second)["decoder.cross", 0, 1]
    one, other = first["decoder.cross", 0, 1], second["decoder.cross", 0, 1]
    assert np.array_equal(difference.weights, other.weights - one.weights)
    assert np.array_equal(difference.scores, other.scores - one.scores)
    assert abs(difference.largest) == np.abs(difference.weights).max()
    query, key = difference.where
    assert difference.weights[query.i, key.i] == np.float32(difference.largest)
    assert 0 < difference.mean <= 1


def test_the_most_changed_head_comes_first(make_trace):
    first, second = (make_trace("the cat", "le chat") for _ in range(2))
    second.tensors["encoder.0.self/weights"][1] = np.roll(first.tensors["encoder.0.self/weights"][1], 1, axis=1)
    comparison = compare_traces(first, second)
    changed = comparison.heads[0].first
    assert (changed.attention.key, changed.head) == ("encoder.0.self", 1)
    assert comparison.heads[1].mean == 0
    assert str(comparison.heads[0]).startswith("encoder.0.self, head 1: ")


def test_a_wholly_different_gaze_is_one(make_trace):
    first, second = (make_trace("a b", "c") for _ in range(2))
    first.tensors["encoder.0.self/weights"][0] = np.eye(3)
    second.tensors["encoder.0.self/weights"][0] = np.roll(np.eye(3), 1, axis=1)
    assert compare_traces(first, second)["encoder.self", 0, 0].mean == pytest.approx(1)


def test_words_that_stand_elsewhere_still_correspond(make_trace):
    first = make_trace("the cat chased the dog", "le chat")
    second = make_trace("the fluff¦y cat chased the dog", "un chat noir")
    comparison = compare_traces(first, second)
    assert comparison.rows["source"].pairs == ((0, 0), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7))
    difference = comparison["encoder.self", 0, 0]
    assert difference.weights.shape == (6, 6)
    expected = second["encoder.self", 0, 0].weights[3, 7] - first["encoder.self", 0, 0].weights[1, 5]
    assert difference.weights[1, 5] == expected
    assert comparison.notes == (
        'left out, only in the second source: "fluff", "·y"',
        'left out, only in the first translation: "le"',
        'left out, only in the second translation: "un", "noir"',
    )
    assert "'le chat' became 'un chat noir'" in str(comparison)


def test_padding_is_left_out_and_named(make_trace):
    comparison = compare_traces(make_trace("a b", "c"), make_trace("a b", "c", pad=2))
    assert comparison.notes == ("left out, only in the second source: ∅, ∅",)


def test_nothing_corresponds(make_trace):
    comparison = compare_traces(make_trace("a", "b"), make_trace("x", "y"))
    assert comparison["decoder.self", 0, 0].weights.shape == (1, 1)  # both begin with the start mark
    nothing = match_tokens(make_trace("a", "b").tokens.source[:1], make_trace("x", "b").tokens.source[:1])
    assert not nothing.pairs
    assert not nothing.is_whole


def test_two_models(make_trace):
    first, second = make_trace("a", "b"), make_trace("a", "b", layers=2, heads=3)
    second = type(second)(
        second.header.model_copy(update={"model": second.header.model.model_copy(update={"name": "other"})}),
        second.tensors,
    )
    comparison = compare_traces(first, second)
    assert comparison.notes[0].startswith("two models: head 3 of one has nothing to do with")
    assert comparison.notes[1].endswith(
        "differ in their layers or heads: decoder.0.cross, decoder.0.self, decoder.1.cross, decoder.1.self, "
        "encoder.0.self, encoder.1.self"
    )
    assert len(comparison.heads) == 6
    with pytest.raises(
        TraceError, match=r"the head \('encoder.self', 1, 0\) is not in both traces; compared are 6 heads"
    ):
        comparison["encoder.self", 1, 0]


def test_hostile_words_are_made_safe(make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    shown = str(compare_traces(make_trace(f"a {word}", "b"), make_trace("a", f"{word} b")))
    assert "\x1b" not in shown
    assert all(len(line) < 1500 for line in shown.splitlines())
