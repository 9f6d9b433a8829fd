"""One update: gradients of some batches, clipped, applied."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import torch
from torch import Tensor

from regard.batches import Batch
from regard.errors import DivergedError, is_out_of_memory
from regard.models import TranslationModel
from regard.settings.training import TrainingSettings
from regard.training.loss import smoothed_cross_entropy
from regard.training.memory import Memory, release_memory
from regard.training.objective import Objective
from regard.training.processes import Alone, Processes
from regard.training.random import random_states, restore_random_states
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
    logits = model.logits(vectors)
    return smoothed_cross_entropy(logits, targets, smoothing=smoothing, weight=weight, kernels=model.kernels)


def compute_gradients(
    model: TranslationModel[Any, Any],
    batches: Sequence[Batch],
    *,
    smoothing: float = 0.0,
    objective: Objective | None = None,
    memory: Memory | None = None,
) -> float:
    """Adds up the gradients of the mean loss per real target token of all batches together; returns that loss.

    Of batches that are shared among processes, the mean is over all tokens: what the processes have adds up to it.

    Args:
        model: its gradients must be empty.
        batches: of one update.
        smoothing: of the labels, where no objective is given.
        objective: what the loss is; smoothed cross-entropy without it.
        memory: if given, batches that need too much are computed in parts, with the same result but for rounding.

    Raises:
        OutOfMemoryError: memory runs out for a single row.
    """
    wanted, weight = objective or Objective(smoothing), 1 / sum(batch.whole.num_target_tokens for batch in batches)
    if memory is None:
        return sum(_add_gradient(model, batch, wanted, weight=weight) for batch in batches)
    pieces, noise, device = memory.pieces(batches), model.noise.state, next(model.parameters()).device
    states = random_states(device)
    while True:
        loss, too_large, error = _tried(model, pieces, wanted, weight=weight)
        if too_large is None:
            return loss
        # Out of the handler, so that nothing holds what the failed attempt had computed. A backward pass may have
        # stopped half way, so all pieces are computed again.
        model.zero_grad(set_to_none=True)
        model.noise.state = noise  # what was drawn in vain must not change the run
        restore_random_states(states, device)
        release_memory()
        pieces[too_large : too_large + 1] = memory.ran_out(pieces[too_large], error)


def _tried(
    model: TranslationModel[Any, Any], pieces: Sequence[Batch], objective: Objective, *, weight: float
) -> tuple[float, int | None, str]:
    """The loss; which piece needed more memory than there is, if one did, and what the machine said."""
    total = 0.0
    for number, piece in enumerate(pieces):
        try:
            total += _add_gradient(model, piece, objective, weight=weight)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return total, number, str(error)
    return total, None, ""


def _add_gradient(model: TranslationModel[Any, Any], batch: Batch, objective: Objective, *, weight: float) -> float:
    loss = objective.loss(model, batch, weight=0.0 if batch.is_idle else weight)
    if loss.requires_grad:  # not where only layers are trained that are all left out of this batch
        loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def clip(weights: Sequence[Tensor], limit: float | None, *, processes: Processes | None = None) -> float:
    """Scales gradients down to a norm of ``limit`` together, if theirs is larger; returns the norm they had."""
    norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    norm = (processes or Alone()).whole({"norm": norm})["norm"]
    before = float(norm)
    if (
        limit is not None and before + _NORM_MARGIN >= limit and math.isfinite(before)
    ):  # gradients that stay are not passed over again
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
    memory: Memory | None = None,
) -> Update:
    """Changes the weights once, in all processes alike, after the share ``done`` of a run.

    Raises:
        DivergedError: loss or gradient is not finite; the weights were not touched.
        OutOfMemoryError: memory runs out even for a single row; only with ``memory``.
    """
    model.train()
    processes = processes or Alone()
    loss = compute_gradients(model, batches, objective=Objective.of(settings, done=done), memory=memory)
    processes.sum_gradients(model)
    (loss,) = processes.sum([loss])
    norm = clip(list(model.parameters()), settings.clip_norm, processes=processes)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        culprits = _not_finite(model)
        optimizer.zero_grad(set_to_none=True)
        raise DivergedError(
            f"the loss is {loss} and the gradient's norm {norm}{culprits}; the weights from before are kept. "
            "A lower training.learning_rate, more training.warmup_steps or training.dtype=float32 may help"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return Update(loss, norm, sum(batch.whole.num_tokens for batch in batches))


def _not_finite(model: TranslationModel[Any, Any]) -> str:
    """Whose gradient is not finite, in words."""
    names = [
        name for name, one in model.named_parameters() if one.grad is not None and not bool(one.grad.isfinite().all())
    ]
    return f" (not finite for {len(names)} weights, the first being {names[0]})" if names else ""
