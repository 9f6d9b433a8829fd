"""One update: gradients of some batches, clipped, applied."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from regard.batches import Batch
from regard.errors import DivergedError
from regard.models import TranslationModel
from regard.settings.training import TrainingSettings
from regard.training.loss import smoothed_cross_entropy


@final
@dataclass(frozen=True, slots=True)
class Update:
    """What one update saw. ``loss`` is nats per real target token."""

    loss: float
    gradient_norm: float
    num_tokens: int


def batch_loss(model: TranslationModel[Any, Any], batch: Batch, *, smoothing: float) -> Tensor:
    """The loss of a batch, summed over its real target tokens; padding is not even scored."""
    features = model.features(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    real = batch.target_layout.real(device=features.device)
    return smoothed_cross_entropy(model.logits(features[real]), batch.target_out[real], smoothing=smoothing)


def compute_gradients(model: TranslationModel[Any, Any], batches: Sequence[Batch], *, smoothing: float) -> float:
    """Adds up the gradients of the mean loss per real target token of all batches together; returns that loss."""
    num_tokens = sum(batch.num_target_tokens for batch in batches)
    total = 0.0
    for batch in batches:
        loss = batch_loss(model, batch, smoothing=smoothing) / num_tokens
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    return total


def apply_update(
    model: TranslationModel[Any, Any],
    optimizer: torch.optim.Optimizer,
    batches: Sequence[Batch],
    settings: TrainingSettings,
) -> Update:
    """Changes the weights once.

    Raises:
        DivergedError: loss or gradient is not finite; the weights were not touched.
    """
    model.train()
    loss = compute_gradients(model, batches, smoothing=settings.label_smoothing)
    limit = math.inf if settings.clip_norm is None else settings.clip_norm
    norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), limit))
    if not (math.isfinite(loss) and math.isfinite(norm)):
        optimizer.zero_grad(set_to_none=True)
        raise DivergedError(
            f"the loss is {loss} and the gradient's norm {norm}; the weights from before are kept. "
            "A lower training.learning_rate, more training.warmup_steps or training.dtype=float32 may help"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return Update(loss, norm, sum(batch.num_tokens for batch in batches))
