"""The worked example: the attention and the masks are those of every model, and what it says of them is so."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from regard.attention import Causal, Everything, Padding, Prefix, Reason, Segments, Window, attend
from regard.errors import InputError
from regard.layout import Layout
from regard.tracing.toy import EMBEDDING, ToyMask, worked_example

CAT = "The cat sat on the mat"


def test_shapes() -> None:
    example = worked_example(CAT)
    assert example.embeddings.shape == example.queries.shape == (1, 6, EMBEDDING)
    assert example.steps.weights is not None
    assert example.steps.weights.shape == (1, 1, 6, 6)
    assert example.embeddings.dtype == torch.float64
    assert example.mask == Everything()


def test_each_step_is_the_formula() -> None:
    example = worked_example(CAT, ToyMask(causal=True))
    queries, keys, values = (tensor[0].numpy() for tensor in (example.queries, example.keys, example.values))
    scores = queries @ keys.T / np.sqrt(EMBEDDING)
    powers = np.where(np.tril(np.ones((6, 6))) > 0, np.exp(scores), 0)
    weights = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(example.unmasked.scores[0, 0], scores, atol=1e-12)
    np.testing.assert_allclose(example.steps.weights[0, 0], weights, atol=1e-12)
    np.testing.assert_allclose(example.steps.context[0, 0], weights @ values, atol=1e-12)


def test_the_steps_come_from_attend() -> None:
    example = worked_example(CAT, ToyMask(causal=True, window=2))
    mask = Causal() & Window(2, 2)
    again = attend(example.queries[:, None], example.keys[:, None], example.values[:, None], mask, path="plain")
    assert example.mask == mask
    assert torch.equal(example.steps.context, again.context)


def test_every_mask_can_be_combined() -> None:
    asked = ToyMask(pad=2, causal=True, window=1, prefix=2, segments=(3, 3))
    layout = Layout((6,), 8, ((3, 3),))
    example = worked_example(CAT, asked)
    assert example.mask == Padding(layout) & Causal() & Window(1, 1) & Prefix(2) & Segments(layout)
    assert str(asked) == "Padding(2) & Causal() & Window(1, 1) & Prefix(2) & Segments(3, 3)"
    assert str(ToyMask()) == "Everything()"
    assert example.tokens == ("The", "cat", "sat", "on", "the", "mat", "[PAD]", "[PAD]")


def test_padding_changes_nothing_for_the_words() -> None:
    bare, padded = worked_example(CAT), worked_example(CAT, ToyMask(pad=3))
    torch.testing.assert_close(padded.steps.context[:, :, :6], bare.steps.context, rtol=0, atol=1e-12)
    assert torch.equal(padded.embeddings[:, :6], bare.embeddings)


def test_padding_that_is_not_hidden_changes_the_words() -> None:
    """The negative control, and the reason why hiding queries instead of keys is no good."""
    padded = worked_example(CAT, ToyMask(pad=3))
    assert not torch.allclose(padded.unmasked.context[:, :, :6], padded.steps.context[:, :, :6])
    hiding_queries = padded.hiding_queries
    assert torch.equal(hiding_queries.weights[0, 0, 6:], torch.zeros(3, 9, dtype=torch.float64))
    assert hiding_queries.weights[0, 0, :6, 6:].min() > 0


def test_codes_say_why() -> None:
    codes = worked_example("The horse ran", ToyMask(pad=1, causal=True)).codes
    assert codes[0].tolist() == [0, Reason.FUTURE, Reason.FUTURE, Reason.FUTURE | Reason.PADDING]
    assert codes[3].tolist() == [0, 0, 0, Reason.PADDING]


def test_a_seed_is_a_seed() -> None:
    first, again, other = (worked_example(CAT, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.steps.context, again.steps.context)
    assert not torch.equal(first.steps.context, other.steps.context)


def test_the_callers_random_numbers_stay_theirs() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    worked_example(CAT)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("text", "mask", "message"),
    [
        ("", ToyMask(), "needs words.*but the text is empty"),
        (" \n ", ToyMask(), "needs words"),
        ("word " * 10_000, ToyMask(), "at most 64 words and pads, but is given 10,000 words and 0 pads"),
        (CAT, ToyMask(pad=59), "given 6 words and 59 pads"),
        (CAT, ToyMask(pad=-1), "pad must be a whole number of at least 0, but is -1"),
        (CAT, ToyMask(window=-2), "window must be .* but is -2"),
        (CAT, ToyMask(prefix=-2), "prefix must be .* but is -2"),
        (CAT, ToyMask(prefix=7), "the prefix is 7 words, but the sentence has only 6"),
        (CAT, ToyMask(segments=(3, 4)), "the segments 3,4 must .* add up to the number of words, 6, but add up to 7"),
        (CAT, ToyMask(segments=(0, 6)), "the segments 0,6 must be lengths of at least 1"),
        (CAT, ToyMask(segments=()), "the segments  must"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, mask: ToyMask, message: str) -> None:
    with pytest.raises(InputError, match=message):
        worked_example(text, mask)


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_out_of_range(seed: int) -> None:
    with pytest.raises(InputError, match="seed must be"):
        worked_example(CAT, seed=seed)


def test_the_example_to_read_shows_the_same_numbers() -> None:
    path = Path(__file__).resolve().parents[2] / "examples" / "01_one_attention_head.py"
    out = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True, timeout=120).stdout
    steps = worked_example(CAT, ToyMask(causal=True)).steps
    for title, values in (("3 Weights", steps.weights[0, 0]), ("4 Output", steps.context[0, 0])):
        rows = out[out.index(title) :].splitlines()[2:8]
        assert [[float(cell) for cell in row.split()[1:]] for row in rows] == values.numpy().round(2).tolist()
