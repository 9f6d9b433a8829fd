"""Scaled dot-product attention in four visible steps (Vaswani et al. 2017, equation 1).

    1 scores         = queries keysᵀ · scale            scale = 1/√head_dim
    2 masked scores  = scores, minus infinity where the mask hides the key
    3 weights        = softmax over the keys
    4 context        = weights · values

``plain`` computes exactly these and returns all of them. ``fused`` and ``flex`` give only the context, through kernels
that never keep the steps. All take the same arguments, so each is the others' oracle. ``auto`` gives the context alone
by the path that was measured to be the fastest for such work; who trains may give it a compiled kernel besides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from regard.attention.compiled import compiled
from regard.attention.dispatch import Path, choose_path
from regard.attention.flex import flex
from regard.attention.fused import fused
from regard.attention.gradient import scaled_product, with_gradient
from regard.attention.mask import Mask
from regard.attention.view import View
from regard.errors import AttentionError, ShapeError
from regard.kernels import Kernels, takes_heads

AttentionPath = Literal["auto", "plain", "fused", "flex"]
WeightDropout = Callable[[Tensor], Tensor]


@final
@dataclass(frozen=True, eq=False)
class Steps:
    """What one attention computed. Only the path ``plain``, asked for by name, gives more than ``context``."""

    context: Float[Tensor, "batch head query value_dim"]
    scores: Float[Tensor, "batch head query key"] | None = None
    masked_scores: Float[Tensor, "batch head query key"] | None = None
    weights: Float[Tensor, "batch head query key"] | None = None


def attend(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key value_dim"],
    mask: Mask | View,
    *,
    path: AttentionPath = "auto",
    scale: float | None = None,
    dropout: WeightDropout | None = None,
    kernels: Kernels | None = None,
) -> Steps:
    """Lets queries look at keys, where the mask allows it, and mixes their values.

    Args:
        queries: who looks.
        keys: who is looked at.
        values: what is carried over.
        mask: a mask, or its view on this rectangle when several attentions share it.
        path: ``plain`` returns every step; the others return the context alone.
        scale: factor of the scores; 1/√head_dim if not given.
        dropout: applied to the weights on their way to the values (``plain`` and ``auto`` only).
        kernels: the compiled functions that ``auto`` may take where a gradient is needed.

    Raises:
        ShapeError: queries, keys, values and mask do not fit each other.
        AttentionError: the path cannot do what is asked.
    """
    view = mask.view(queries.shape[-2], keys.shape[-2], device=queries.device) if isinstance(mask, Mask) else mask
    _check_shapes(queries, keys, values, view)
    factor = queries.shape[-1] ** -0.5 if scale is None else scale
    if queries.shape[-2] == 0 or keys.shape[-2] == 0 or queries.shape[0] == 0:
        return _nothing(queries, keys, values)
    needs_grad = torch.is_grad_enabled() and (queries.requires_grad or keys.requires_grad or values.requires_grad)
    chosen = path if path != "auto" else choose_path(
        device=queries.device,
        dtype=queries.dtype,
        num_heads_of_all_rows=queries.shape[0] * queries.shape[1],
        num_queries=queries.shape[2],
        num_keys=keys.shape[2],
        needs_grad=needs_grad,
        has_dropout=dropout is not None,
        view=view,
        has_kernel=kernels is not None and takes_heads(queries, keys, values),
    )  # fmt: skip
    if chosen == "plain" and (path == "plain" or dropout is not None):
        steps = four_steps(queries, view.blank(keys), view.blank(values), view, scale=factor, dropout=dropout)
        return steps if path == "plain" else Steps(steps.context)
    if dropout is not None:
        raise AttentionError(f"path '{path}' never holds the weights that dropout is for; use path 'plain' or 'auto'")
    if chosen == "compiled" and kernels is not None:
        return Steps(compiled(queries, keys, values, view, factor, kernels=kernels))
    return Steps(context_by(chosen, queries, keys, values, view, scale=factor, needs_grad=needs_grad))


def four_steps(
    queries: Tensor, keys: Tensor, values: Tensor, view: View, *, scale: float, dropout: WeightDropout | None = None
) -> Steps:
    """The four steps; keys and values no query may look at were blanked before."""
    batch, heads, num_queries, _ = queries.shape
    queries, keys, values = queries.flatten(0, 1), keys.flatten(0, 1), values.flatten(0, 1)
    scores = scaled_product(queries, keys.transpose(1, 2), scale).view(batch, heads, num_queries, -1)
    masked_scores = view.hide(scores)
    weights = view.softmax(masked_scores)
    dropped = weights if dropout is None else dropout(weights)
    context = torch.bmm(dropped.flatten(0, 1), values).view(batch, heads, num_queries, -1)
    return Steps(context, scores, masked_scores, weights)


def context_by(
    path: Path, queries: Tensor, keys: Tensor, values: Tensor, view: View, *, scale: float, needs_grad: bool
) -> Tensor:
    """The context alone. ``plain`` takes the same four steps, and keeps of them what its gradient needs."""
    with torch.set_grad_enabled(needs_grad and path != "plain"):
        seen_keys, seen_values = view.blank(keys), view.blank(values)
        if path != "plain":
            return (fused if path == "fused" else flex)(queries, seen_keys, seen_values, view, scale)
        seen = queries, seen_keys, seen_values
        if needs_grad:
            seen = queries.contiguous(), seen_keys.contiguous(), seen_values.contiguous()
        steps = four_steps(*seen, view, scale=scale)
    if not needs_grad or steps.weights is None:
        return steps.context
    tracked = queries, keys, values
    return with_gradient(steps.context, steps.weights, tracked=tracked, seen=seen, scale=scale)


def _nothing(queries: Tensor, keys: Tensor, values: Tensor) -> Steps:
    batch, heads, num_queries, _ = queries.shape
    empty = queries.new_zeros(batch, heads, num_queries, keys.shape[-2])
    return Steps(queries.new_zeros(batch, heads, num_queries, values.shape[-1]), empty, empty, empty)


def _check_shapes(queries: Tensor, keys: Tensor, values: Tensor, view: View) -> None:
    batch, heads, num_queries, head_dim = queries.shape
    key_batch, key_heads, num_keys, key_dim = keys.shape
    mask_batch, mask_heads, mask_queries, mask_keys = view.allowed.shape
    if (mask_batch not in (1, batch) or mask_heads not in (1, heads)
            or mask_queries != num_queries or mask_keys != num_keys):  # fmt: skip
        raise ShapeError(
            f"the mask is for (batch, mask_heads, query, key) = {tuple(view.allowed.shape)}, but queries and keys need "
            f"{(batch, heads, num_queries, num_keys)} (batch and mask_heads may be 1)"
        )
    if values.shape[:-1] != keys.shape[:-1] or (key_batch, key_heads, key_dim) != (batch, heads, head_dim):
        raise ShapeError(
            f"queries {tuple(queries.shape)}, keys {tuple(keys.shape)} and values {tuple(values.shape)} do not fit: "
            "queries and keys share all but the length, keys and values share all but the last axis"
        )
