"""One update: gradients of some batches, clipped, applied."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import torch
from torch import Tensor

from regard.batches import Batch
from regard.errors import DivergedError
from regard.models import TranslationModel
from regard.settings.training import TrainingSettings
from regard.training.loss import smoothed_cross_entropy
from regard.training.objective import Objective
from regard.training.processes import Alone, Processes
from regard.training.scored import scored

_NORM_MARGIN: Final = 1e-6  # PyTorch's clipping adds it to the norm


@final
@dataclass(frozen=True, slots=True)
class Update:
    """What one update saw. ``loss`` is nats per real target token."""

    loss: float
    gradient_norm: float
    num_tokens: int


def batch_loss(model: TranslationModel[Any, Any], batch: Batch, *, smoothing: float, weight: float = 1.0) -> Tensor:
    """The loss of a batch, ``weight`` times the sum over its real target tokens; padding is not even scored."""
    vectors, targets = scored(model, batch)
    return smoothed_cross_entropy(model.logits(vectors), targets, smoothing=smoothing, weight=weight)


def compute_gradients(
    model: TranslationModel[Any, Any],
    batches: Sequence[Batch],
    *,
    smoothing: float = 0.0,
    objective: Objective | None = None,
) -> float:
    """Adds up the gradients of the mean loss per real target token of all batches together; returns that loss.

    The loss is that of ``objective``, or the cross-entropy smoothed by ``smoothing``.

    Of batches that are shared among processes, the mean is over all tokens: what the processes have adds up to it.
    """
    num_tokens = sum(batch.whole.num_target_tokens for batch in batches)
    wanted, total = objective or Objective(smoothing), 0.0
    for batch in batches:
        loss = wanted.loss(model, batch, weight=0.0 if batch.is_idle else 1 / num_tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    return total


def clip(weights: Sequence[Tensor], limit: float | None, *, processes: Processes | None = None) -> float:
    """Scales gradients down to a norm of ``limit`` together, if theirs is larger; returns the norm they had."""
    norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    norm = (processes or Alone()).whole({"norm": norm})["norm"]
    before = float(norm)
    if limit is not None and not before + _NORM_MARGIN < limit:  # gradients that stay are not passed over again
        torch.nn.utils.clip_grads_with_norm_(weights, limit, norm)
    return before


def apply_update(
    model: TranslationModel[Any, Any],
    optimizer: torch.optim.Optimizer,
    batches: Sequence[Batch],
    settings: TrainingSettings,
    *,
    processes: Processes | None = None,
    done: float = 0.0,
) -> Update:
    """Changes the weights once, in all processes alike, after the share ``done`` of a run.

    Raises:
        DivergedError: loss or gradient is not finite; the weights were not touched.
    """
    model.train()
    processes = processes or Alone()
    loss = compute_gradients(model, batches, objective=Objective.of(settings, done=done))
    processes.sum_gradients(model)
    (loss,) = processes.sum([loss])
    norm = clip(list(model.parameters()), settings.clip_norm, processes=processes)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        optimizer.zero_grad(set_to_none=True)
        raise DivergedError(
            f"the loss is {loss} and the gradient's norm {norm}; the weights from before are kept. "
            "A lower training.learning_rate, more training.warmup_steps or training.dtype=float32 may help"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return Update(loss, norm, sum(batch.whole.num_tokens for batch in batches))
