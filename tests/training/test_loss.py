"""The smoothed cross-entropy equals PyTorch's, value and gradient, and padding has no part in it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.models import build_model
from regard.settings.model import ModelSettings
from regard.training import batch_loss, smoothed_cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("tokens", [1, 255, 600])
def test_value_and_gradient_equal_those_of_torch(smoothing: float, tokens: int) -> None:
    torch.manual_seed(0)
    logits = torch.randn(tokens, 11, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(0, 11, (tokens,))
    ours = smoothed_cross_entropy(logits, targets, smoothing=smoothing)
    (gradient,) = torch.autograd.grad(ours / tokens, logits)
    theirs = functional.cross_entropy(logits, targets, label_smoothing=smoothing, reduction="sum")
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradient, torch.autograd.grad(theirs / tokens, logits)[0])


def test_a_weight_given_to_the_loss_equals_a_factor_put_on_it() -> None:
    logits = torch.randn(40, 9000, requires_grad=True)
    targets = torch.randint(0, 9000, (40,))
    inside = smoothed_cross_entropy(logits, targets, smoothing=0.1, weight=0.25)
    outside = smoothed_cross_entropy(logits, targets, smoothing=0.1) * 0.25
    torch.testing.assert_close(inside, outside)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (inside, outside)))


def test_scores_too_large_for_an_exponential_have_a_loss() -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0], [-1e30, -1e30, -1e30]], requires_grad=True)
    loss = smoothed_cross_entropy(logits, torch.tensor([0, 2]))
    torch.testing.assert_close(loss, torch.tensor(3.0).log())
    assert bool(torch.autograd.grad(loss, logits)[0].isfinite().all())


def test_rows_beyond_the_last_target_count_nothing() -> None:
    logits = torch.randn(9, 11, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(0, 11, (6,))
    loss = smoothed_cross_entropy(logits, targets, smoothing=0.1)
    torch.testing.assert_close(loss, smoothed_cross_entropy(logits[:6], targets, smoothing=0.1))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert bool((gradient[6:] == 0).all())
    assert bool((gradient[:6] != 0).any(1).all())


def test_bfloat16_logits_are_summed_in_float32() -> None:
    logits, targets = torch.randn(2000, 50).bfloat16().requires_grad_(), torch.zeros(2000, dtype=torch.long)
    loss = smoothed_cross_entropy(logits, targets, smoothing=0.1)
    expected = functional.cross_entropy(logits.float(), targets, label_smoothing=0.1, reduction="sum")
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected)


@pytest.mark.guarantee(
    "The loss is a mean over real target tokens; what stands in padding changes neither loss nor gradient",
    area="masks",
    control="test_without_the_padding_mask_what_stands_in_padding_matters",
    reported="transformers-tutorials #2840, #3643, hyunwoongko/transformer #11",
)
def test_loss_and_gradient_do_not_see_padding() -> None:
    torch.manual_seed(0)
    settings = ModelSettings(model_dim=16, num_heads=2, feedforward_dim=32, dropout=0.0)
    model = build_model(settings, 20).double()
    pairs = EncodedPairs(Ragged.of([[5, 6, 7], [8]]), Ragged.of([[9], [10, 11, 12, 13]]))
    together = batch_loss(model, make_batch(pairs, np.array([0, 1])), smoothing=0.1)
    gradient = torch.autograd.grad(together, list(model.parameters()))
    alone = sum(
        (batch_loss(model, make_batch(pairs, np.array([index])), smoothing=0.1) for index in (0, 1)),
        torch.zeros((), dtype=torch.float64),
    )
    torch.testing.assert_close(together, alone)
    for found, expected in zip(gradient, torch.autograd.grad(alone, list(model.parameters())), strict=True):
        torch.testing.assert_close(found, expected)


def loss_and_gradients(pads: tuple[int, int], *, padding_mask: bool = True) -> list[Tensor]:
    """With these ids in the padding of the source and of the target."""
    torch.manual_seed(0)
    settings = ModelSettings(
        model_dim=16, num_heads=2, feedforward_dim=32, dropout=0.0, tied_embeddings="none", padding_mask=padding_mask
    )
    model = build_model(settings, 20).double()
    batch = make_batch(EncodedPairs(Ragged.of([[5, 6, 7], [8]]), Ragged.of([[9], [10, 11, 12, 13]])), np.array([0, 1]))
    source = batch.source.masked_fill(~batch.source_layout.real(), pads[0])
    target_in, target_out = (
        ids.masked_fill(~batch.target_layout.real(), pads[1]) for ids in (batch.target_in, batch.target_out)
    )
    loss = batch_loss(model, replace(batch, source=source, target_in=target_in, target_out=target_out), smoothing=0.1)
    return [loss, *torch.autograd.grad(loss, list(model.parameters()))]


@pytest.mark.guarantee(
    "The loss is a mean over real target tokens; what stands in padding changes neither loss nor gradient",
    area="masks",
)
def test_what_stands_in_padding_changes_neither_loss_nor_gradient() -> None:
    """Two languages may use different ids, or any: a pad of one may be a word of the other."""
    for mine, its in zip(loss_and_gradients((0, 0)), loss_and_gradients((5, 19)), strict=True):
        torch.testing.assert_close(mine, its, atol=1e-14, rtol=0)


def test_without_the_padding_mask_what_stands_in_padding_matters() -> None:
    first, other = (loss_and_gradients(pads, padding_mask=False)[0] for pads in ((0, 0), (5, 19)))
    assert (first - other).abs() > 1e-4
