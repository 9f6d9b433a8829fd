"""The gradient of the four steps, written out.

Autograd would take it step by step and keep each step; written out, scores and masked scores need not be kept, and the
mask costs nothing on the way back: a hidden cell has weight 0, and with it gradient 0.

    d values  = weightsᵀ · d context
    d weights = d context · valuesᵀ
    d scores  = weights ⊙ (d weights − Σ over keys of weights ⊙ d weights)      (the softmax's)
    d queries = scale · d scores · keys
    d keys    = scale · d scoresᵀ · queries
"""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

Three = tuple[Tensor, Tensor, Tensor]


@final
class _Context(Function):
    """Hands ``context`` on as it is, and knows the way back to what it was made from."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        _, _, _, queries, keys, values, weights, context, ctx.scale = inputs
        ctx.save_for_backward(queries, keys, values, weights)
        result: Tensor = context
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        queries, keys, values, weights = (saved.flatten(0, 1) for saved in ctx.saved_tensors)
        batch, heads = upstream.shape[:2]
        upstream = upstream.flatten(0, 1)
        from_values = torch.bmm(weights.transpose(1, 2), upstream)
        from_weights = torch.bmm(upstream, values.transpose(1, 2))
        from_scores = torch._softmax_backward_data(from_weights, weights, -1, weights.dtype)
        from_queries = scaled_product(from_scores, keys, ctx.scale)
        from_keys = scaled_product(from_scores.transpose(1, 2), queries, ctx.scale)
        found = (from_queries, from_keys, from_values)
        return *(part.view(batch, heads, *part.shape[1:]) for part in found), None, None, None, None, None, None


def with_gradient(
    context: Float[Tensor, "batch head query value_dim"],
    weights: Float[Tensor, "batch head query key"],
    *,
    tracked: Three,
    seen: Three,
    scale: float,
) -> Float[Tensor, "batch head query value_dim"]:
    """The context, with a gradient for the queries, keys and values it was computed from outside of autograd.

    Args:
        context: computed without a graph.
        weights: computed on the way.
        tracked: queries, keys and values as they came.
        seen: those the context was computed from: without a graph, and blanked where nobody may look.
        scale: factor of the scores.
    """
    result: Tensor = _Context.apply(*tracked, *seen, weights, context, scale)  # type: ignore[no-untyped-call]
    return result


def scaled_product(left: Float[Tensor, "..."], right: Float[Tensor, "..."], scale: float) -> Float[Tensor, "..."]:
    """``scale · left · right`` for each of many pairs of matrices, rounded once."""
    return torch.baddbmm(left.new_empty(1, 1, 1), left, right, beta=0, alpha=scale)
