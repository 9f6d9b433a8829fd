"""R-Drop's loss (Liang et al. 2021) of two readings of the same tokens, with its gradient written out.

With d = log p₁ − log p₂, the divergence both ways is S = Σ (p₁ − p₂) d, and

    dS/dz₁ = p₁ ⊙ (d − Σ p₁ d) + p₁ − p₂          dS/dz₂ = p₂ ⊙ (Σ p₂ d − d) + p₂ − p₁
"""

from collections.abc import Iterable
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.autograd.graph import increment_version

from regard.kernels import Kernels
from regard.kernels.consistency import consistency_and_gradients, takes_consistency
from regard.training.loss import rows_at_once


@final
class _ConsistentCrossEntropy(Function):
    """Sum of the losses; both gradients are computed on the way, a few rows at a time."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        first, second, targets, smoothing, strength, weight, kernels, in_place = inputs
        if kernels is not None and takes_consistency(first, second, targets):
            known, *found = consistency_and_gradients(
                kernels,
                first,
                second,
                targets,
                smoothing=smoothing,
                strength=strength,
                weight=weight,
                in_place=in_place,
            )
            if in_place:
                increment_version((first, second))  # whoever kept them for a gradient of their own is told
            ctx.save_for_backward(*found)
            return known
        gradients = torch.zeros_like(first), torch.zeros_like(second)
        total = torch.zeros((), dtype=torch.promote_types(first.dtype, torch.float32), device=first.device)
        count = targets.shape[0]
        step = rows_at_once(first, count)
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            logs = [logits[rows].log_softmax(-1, dtype=total.dtype) for logits in (first, second)]
            total += _rows_loss(logs, targets[rows], smoothing, strength)
            found = _rows_gradients(logs, targets[rows], smoothing, strength)
            for gradient, one in zip(gradients, found, strict=True):
                gradient[rows] = one.mul_(weight)
        ctx.save_for_backward(*gradients)
        return total.mul_(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        found: Iterable[Tensor] = ctx.saved_tensors
        if upstream[0].device.type != "cpu" or float(upstream[0]) != 1:  # as for one reading
            found = (gradient * upstream[0].to(gradient.dtype) for gradient in found)
        return *found, *[None] * 6


def _rows_loss(logs: list[Tensor], targets: Tensor, smoothing: float, strength: float) -> Tensor:
    entropies = (
        -(1 - smoothing) * log.gather(1, targets[:, None]).sum() - smoothing * log.mean(1).sum() for log in logs
    )
    first, second = logs
    divergence = ((first.exp() - second.exp()) * (first - second)).sum()
    return sum(entropies, torch.zeros_like(divergence)) / 2 + strength / 4 * divergence


def _rows_gradients(logs: list[Tensor], targets: Tensor, smoothing: float, strength: float) -> list[Tensor]:
    found = []
    shares = [log.exp() for log in logs]
    for own, other in ((0, 1), (1, 0)):
        apart = logs[own] - logs[other]
        share = shares[own]
        divergence = share * (apart - (share * apart).sum(1, keepdim=True)) + share - shares[other]
        entropy = share - smoothing / share.shape[1]
        entropy.scatter_add_(1, targets[:, None], torch.full_like(entropy[:, :1], smoothing - 1))
        found.append(entropy / 2 + strength / 4 * divergence)
    return found


def consistent_cross_entropy(
    first: Float[Tensor, "picked vocab"],
    second: Float[Tensor, "picked vocab"],
    targets: Int[Tensor, " token"],
    *,
    smoothing: float,
    strength: float,
    weight: float = 1.0,
    kernels: Kernels | None = None,
    in_place: bool = False,
) -> Float[Tensor, ""]:
    """The sum over tokens of the mean smoothed cross-entropy of two readings and ``strength``/4 · their divergence.

    Rows beyond the last target count nothing. Computed in float32 at least; gradients have the type of the logits.

    Args:
        first: logits of one reading.
        second: of the other.
        targets: the true pieces.
        smoothing: the share of the target spread over all pieces.
        strength: the paper's α.
        weight: factor of the sum.
        kernels: compiled functions that compute it where they can.
        in_place: the logits are not needed any more, so that their gradients may be written over them.
    """
    result: Tensor = _ConsistentCrossEntropy.apply(  # type: ignore[no-untyped-call]
        first, second, targets, smoothing, strength, weight, kernels, in_place
    )
    return result
