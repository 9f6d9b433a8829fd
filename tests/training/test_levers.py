"""What makes training quick changes nothing but rounding: thirty updates beside a loop without any of it.

The long form, 500 updates with each lever alone, is ``benchmarks/lever_curves.py``.
"""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.models import AnyModel, build_model
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.text.control import PAD
from regard.training.optimizer import build_optimizer
from regard.training.update import apply_update

SETTINGS = TrainingSettings(learning_rate=3e-3)
STEPS = 30


def model_of(dtype: torch.dtype) -> AnyModel:
    torch.manual_seed(0)
    shape = ModelSettings(model_dim=32, num_heads=2, feedforward_dim=64, dropout=0.0)
    model = build_model(shape, 60)
    model.compute_dtype = dtype
    return model


def batches() -> list[Batch]:
    rng = np.random.default_rng(0)

    def side() -> Ragged:
        return Ragged.of(rng.integers(4, 60, size=length).tolist() for length in rng.integers(2, 12, size=120))

    pairs = EncodedPairs(side(), side())
    return [make_batch(pairs, rng.permutation(120)[:12]) for _ in range(STEPS)]


def quick(dtype: torch.dtype) -> list[float]:
    model = model_of(dtype)
    optimizer = build_optimizer(model, SETTINGS)
    return [apply_update(model, optimizer, [batch], SETTINGS).loss for batch in batches()]


def plain_loss(model: AnyModel, batch: Batch) -> Tensor:
    """Every cell scored, padding left out of the mean, all of it by PyTorch's own functions."""
    logits = model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    targets = batch.target_out.masked_fill(~batch.target_layout.real(), PAD)
    return functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=SETTINGS.label_smoothing
    )


def plain(*, forgets_clipping: bool = False) -> list[float]:
    model, losses = model_of(torch.float32), []
    for attention in model.attentions().values():
        attention.path = "plain"
    optimizer = build_optimizer(model, SETTINGS)
    for group in optimizer.param_groups:
        group["fused"] = False
    for batch in batches():
        loss = plain_loss(model.train(), batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if not forgets_clipping:
            torch.nn.utils.clip_grad_norm_(model.parameters(), SETTINGS.clip_norm or torch.inf)
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-3), (torch.bfloat16, 0.05)])
def test_the_losses_are_those_of_a_plain_loop(dtype: torch.dtype, most: float) -> None:
    found, expected = quick(dtype), plain()
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) < most
    assert expected[-1] < expected[0] - 0.2


def test_something_left_out_would_be_seen() -> None:
    found, expected = quick(torch.float32), plain(forgets_clipping=True)
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) > 1e-3
