"""The value itself: heads by name, derived views, and questions it has no answer to."""

from pathlib import Path

import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing import AXES, FAMILIES, Trace

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"


@pytest.fixture(scope="module")
def golden() -> Trace:
    return Trace.load(GOLDEN)


def test_a_head_has_its_rows_and_columns(golden: Trace) -> None:
    head = golden["decoder.cross", 1, 3]
    assert head.scores.shape == (len(golden.tokens.target_in), len(golden.tokens.source))
    assert head.query_tokens == golden.tokens.target_in
    assert head.key_tokens == golden.tokens.source
    assert np.array_equal(head.scores, golden.tensors["decoder.1.cross/scores"][3])
    assert head.attention.key == "decoder.1.cross"
    assert head.scale == pytest.approx(16**-0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_array_has_the_axes_it_names(golden: Trace, family: str) -> None:
    head = golden[family, 0, 0]
    sizes = {"query": len(head.query_tokens), "key": len(head.key_tokens), "head_dim": 16, "value_dim": 16}
    assert head.axes.keys() == AXES.keys() | {"codes", "masked_scores", "unmasked_weights"}
    for name, axes in head.axes.items():
        assert getattr(head, name).shape == tuple(sizes[axis] for axis in axes), name


def test_masked_scores_are_what_the_softmax_saw(golden: Trace) -> None:
    head = golden["decoder.self", 0, 0]
    assert np.isneginf(head.masked_scores[head.codes != 0]).all()
    assert np.array_equal(head.masked_scores[head.codes == 0], head.scores[head.codes == 0])
    assert np.isfinite(head.scores).all()


def test_unmasked_weights_are_what_would_be(golden: Trace) -> None:
    head = golden["decoder.self", 0, 0]
    assert head.unmasked_weights.sum(axis=-1) == pytest.approx(1, abs=1e-5)
    assert (head.unmasked_weights > 0).all()
    last = head.unmasked_weights[-1]  # the last word sees all words, so its mask changes nothing
    np.testing.assert_allclose(last, head.weights[-1], atol=1e-6)


def test_steps_tokens_and_checks(golden: Trace) -> None:
    assert str(golden.translation) == "Le chat a poursuivi le chien."
    assert [step.id for step in golden.steps] == [token.id for token in golden.tokens.target_out]
    assert golden.steps[-1].piece == "</s>"
    assert all(step.top[0].probability >= step.top[-1].probability for step in golden.steps)
    assert all(step.milliseconds is not None and step.milliseconds > 0 for step in golden.steps)
    assert golden.checks
    assert golden.failed == ()
    assert golden.layers("decoder.cross") == (0, 1)


def test_the_words_of_the_golden_sentence(golden: Trace) -> None:
    """chased is cut into three pieces of one word."""
    pieces = [token.text for token in golden.tokens.source if token.word == 2]
    assert "".join(pieces) == "chased"
    assert len(pieces) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (("cross", 1, 3), r"must be one of encoder\.self, decoder\.self, decoder\.cross, but is 'cross'"),
        (("decoder.cross", 2, 0), r"layer 2 of decoder\.cross is not in this trace; its layers there: 0, 1"),
        (("decoder.cross", -1, 0), r"layer -1 of decoder\.cross is not in this trace"),
        (("decoder.cross", 1, 4), r"decoder\.1\.cross has the heads 0 to 3, but head 4 is asked for"),
        (("decoder.cross", 1, -1), r"heads 0 to 3, but head -1"),
    ],
)
def test_what_is_not_there(golden: Trace, name: tuple[str, int, int], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        golden[name]


@pytest.mark.parametrize("name", ["decoder.cross", ("decoder.cross", 1), ("decoder.cross", "1", 3), (1, True, 3)])
def test_what_is_no_name_of_a_head(golden: Trace, name: object) -> None:
    with pytest.raises(TraceError, match=r'asked as trace\["decoder\.cross", layer, head\], but .* is given'):
        golden._attention(name)
