"""Attention through a compiled kernel, for training on a CPU: all four steps of a head while it lies in a core's cache.

The context and its gradient, and nothing on the way there: who wants to see the steps takes the path ``plain``.
"""

from typing import Any, final

from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from regard.attention.view import View
from regard.kernels import Kernels
from regard.kernels.attention import attended, attended_back


@final
class _Context(Function):
    """Keeps queries, keys, values and weights for the gradient."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        queries, keys, values, allowed, ctx.scale, ctx.kernels = inputs
        context, weights = attended(ctx.kernels, (queries, keys, values), allowed, scale=ctx.scale)
        ctx.save_for_backward(queries, keys, values, weights)
        ctx.allowed = allowed
        return context

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        *heads, weights = ctx.saved_tensors
        queries, keys, values = heads
        found = attended_back(ctx.kernels, (queries, keys, values), ctx.allowed, weights, upstream, scale=ctx.scale)
        return *found, None, None, None


def compiled(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key head_dim"],
    view: View,
    scale: float,
    *,
    kernels: Kernels,
) -> Float[Tensor, "batch head query head_dim"]:
    """The context, laid out so that joining its heads copies nothing."""
    allowed = None if view.hidden is None else view.allowed
    context: Tensor = _Context.apply(queries, keys, values, allowed, scale, kernels)  # type: ignore[no-untyped-call]
    return context
