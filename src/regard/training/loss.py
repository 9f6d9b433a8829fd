"""Cross-entropy with label smoothing (Szegedy et al. 2016, section 7) on real target tokens only.

For logits z over V pieces and a true piece y:  loss = (1 − ε)(−log p_y) + ε · mean over pieces of (−log p).
"""

from typing import Any, Final, final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.autograd.graph import increment_version

from regard.kernels import Kernels
from regard.kernels.loss import loss_and_gradient, takes_loss

_CELLS_AT_ONCE: Final = 2**18  # 1 MB in float32: what is done to it, one step after the other, stays in a core's cache


@final
class _SmoothedCrossEntropy(Function):
    """Sum of the losses; its gradient is computed on the way, in place of a second pass over all logits."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        logits, targets, smoothing, weight, kernels, in_place = inputs
        if kernels is not None and takes_loss(logits, targets):
            known, gradient = loss_and_gradient(
                kernels, logits, targets, smoothing=smoothing, weight=weight, in_place=in_place
            )
            if in_place:
                increment_version(logits)  # whoever kept them for a gradient of their own is told
            ctx.save_for_backward(gradient)
            return known
        gradient = torch.empty_like(logits)
        total = torch.zeros((), dtype=torch.promote_types(logits.dtype, torch.float32), device=logits.device)
        count = targets.shape[0]
        gradient[count:] = 0
        step = rows_at_once(logits, count)
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            total += _rows_loss(logits[rows], targets[rows], smoothing, weight, gradient[rows])
        ctx.save_for_backward(gradient)
        return total.mul_(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        # The usual case, and a pass over all logits less; a look at another device's number would be a wait.
        if upstream[0].device.type != "cpu" or float(upstream[0]) != 1:
            gradient = gradient * upstream[0].to(gradient.dtype)
        return gradient, None, None, None, None, None


def _rows_loss(logits: Tensor, targets: Tensor, smoothing: float, weight: float, gradient: Tensor) -> Tensor:
    """The loss of some rows, summed; writes weight · (softmax − smoothed targets) into ``gradient``.

    With the logarithm of the sum of exponentials, each cell needs one exponential and no logarithm.
    """
    scores = logits.to(torch.promote_types(logits.dtype, torch.float32), copy=True)
    scores.sub_(scores.amax(1, keepdim=True))
    chosen = scores.gather(1, targets[:, None])
    expected = (1 - smoothing) * chosen
    if smoothing:  # 0 times a logit of -inf is no number
        expected += smoothing * scores.mean(1, keepdim=True)
    exponentials = scores.exp_()
    sums = exponentials.sum(1, keepdim=True)
    loss = (sums.log() - expected).sum()
    wanted = exponentials.mul_(weight / sums).sub_(weight * smoothing / logits.shape[1])
    wanted.scatter_add_(1, targets[:, None], torch.full_like(chosen, weight * (smoothing - 1)))
    gradient.copy_(wanted)
    return loss


def rows_at_once(logits: Tensor, count: int) -> int:
    """Of how many of ``count`` rows a loss is computed at once."""
    return max(1, _CELLS_AT_ONCE // logits.shape[1] if logits.device.type == "cpu" else count)


def smoothed_cross_entropy(
    logits: Float[Tensor, "picked vocab"],
    targets: Int[Tensor, " token"],
    *,
    smoothing: float = 0.0,
    weight: float = 1.0,
    kernels: Kernels | None = None,
    in_place: bool = False,
) -> Float[Tensor, ""]:
    """The sum over tokens of the smoothed cross-entropy, in nats, accumulated in float32 at least.

    Rows of logits beyond the last target count nothing, so that a caller may round their number up. The gradient has
    the type of the logits. It can be back-propagated once.

    Args:
        logits: one row per token, perhaps more.
        targets: the true pieces.
        smoothing: the share of the target spread over all pieces.
        weight: factor of the sum, one over the tokens of all batches of an update for their mean. Given here it costs
            nothing; a factor put on the result costs a pass over all logits.
        kernels: compiled functions that compute it where they can.
        in_place: the logits are not needed any more, so that their gradient may be written over them.
    """
    total: Tensor = _SmoothedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        logits, targets, smoothing, weight, kernels, in_place
    )
    return total
