"""Scaled dot-product attention in four visible steps (Vaswani et al. 2017, equation 1).

    1 scores         = queries keysᵀ · scale            scale = 1/√head_dim
    2 masked scores  = scores, minus infinity where the mask hides the key
    3 weights        = softmax over the keys
    4 context        = weights · values

``plain`` computes exactly these and returns all of them; ``fused`` gives only the context, through PyTorch's fused
kernels. Both take the same arguments, so each is the other's oracle.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from regard.attention.mask import Mask
from regard.attention.view import View
from regard.errors import ShapeError

AttentionPath = Literal["plain", "fused"]
WeightDropout = Callable[[Tensor], Tensor]


@final
@dataclass(frozen=True, eq=False)
class Steps:
    """What one attention computed. The fused path leaves all but ``context`` empty (None)."""

    context: Float[Tensor, "batch head query head_dim"]
    scores: Float[Tensor, "batch head query key"] | None = None
    masked_scores: Float[Tensor, "batch head query key"] | None = None
    weights: Float[Tensor, "batch head query key"] | None = None


def attend(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key value_dim"],
    mask: Mask | View,
    *,
    path: AttentionPath = "plain",
    scale: float | None = None,
    dropout: WeightDropout | None = None,
) -> Steps:
    """Lets queries look at keys, where the mask allows it, and mixes their values.

    Args:
        queries: who looks.
        keys: who is looked at.
        values: what is carried over.
        mask: a mask, or its view on this rectangle when several attentions share it.
        path: ``plain`` returns every step; ``fused`` returns the context alone.
        scale: factor of the scores; 1/√head_dim if not given.
        dropout: applied to the weights on their way to the values (plain path only).

    Raises:
        ShapeError: queries, keys, values and mask do not fit each other.
    """
    view = mask.view(queries.shape[-2], keys.shape[-2], device=queries.device) if isinstance(mask, Mask) else mask
    _check_shapes(queries, keys, values, view)
    factor = queries.shape[-1] ** -0.5 if scale is None else scale
    if queries.shape[-2] == 0 or keys.shape[-2] == 0 or queries.shape[0] == 0:
        return _nothing(queries, keys, values)
    keys, values = view.blank(keys), view.blank(values)
    if path == "fused" and dropout is None:
        return _fused(queries, keys, values, view, factor)
    return _plain(queries, keys, values, view, factor, dropout)


def _plain(
    queries: Tensor, keys: Tensor, values: Tensor, view: View, scale: float, dropout: WeightDropout | None
) -> Steps:
    scores = (queries * scale) @ keys.transpose(-2, -1)
    masked_scores = view.hide(scores)
    weights = view.softmax(masked_scores)
    context = (weights if dropout is None else dropout(weights)) @ values
    return Steps(context, scores, masked_scores, weights)


def _fused(queries: Tensor, keys: Tensor, values: Tensor, view: View, scale: float) -> Steps:
    # A blind query is shown every key and its context is cleared: what the kernel does with it is not defined.
    shown = None if view.hidden is None else view.allowed if view.blind is None else view.allowed | view.blind
    context = scaled_dot_product_attention(queries, keys, values, attn_mask=shown, scale=scale)
    return Steps(context if view.blind is None else context.masked_fill(view.blind, 0))


def _nothing(queries: Tensor, keys: Tensor, values: Tensor) -> Steps:
    batch, heads, num_queries, _ = queries.shape
    empty = queries.new_zeros(batch, heads, num_queries, keys.shape[-2])
    return Steps(queries.new_zeros(batch, heads, num_queries, values.shape[-1]), empty, empty, empty)


def _check_shapes(queries: Tensor, keys: Tensor, values: Tensor, view: View) -> None:
    batch, heads, num_queries, _ = queries.shape
    wanted = torch.Size((batch, heads, num_queries, keys.shape[-2]))
    fits = all(have in (1, want) for have, want in zip(view.allowed.shape[:2], wanted[:2], strict=True))
    if not fits or view.allowed.shape[2:] != wanted[2:]:
        raise ShapeError(
            f"the mask is for (batch, mask_heads, query, key) = {tuple(view.allowed.shape)}, "
            f"but queries and keys need {tuple(wanted)} (batch and mask_heads may be 1)"
        )
    if keys.shape[:-1] != values.shape[:-1] or queries.shape[-1] != keys.shape[-1]:
        raise ShapeError(
            f"queries {tuple(queries.shape)}, keys {tuple(keys.shape)} and values {tuple(values.shape)} do not fit: "
            "queries and keys share head_dim, keys and values share all but the last axis"
        )
