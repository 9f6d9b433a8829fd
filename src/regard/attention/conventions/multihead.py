"""The masks of ``torch.nn.MultiheadAttention`` (and of ``nn.Transformer``): True, or minus infinity, means *ignore*."""

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.attention.conventions.reading import for_every_query, require_axes, visible_where_zero
from regard.errors import AttentionError, ShapeError


def allowed_from_multihead(
    *,
    num_heads: int,
    key_padding_mask: Shaped[Tensor, "..."] | None = None,
    attn_mask: Shaped[Tensor, "..."] | None = None,
    num_queries: int | None = None,
) -> Bool[Tensor, "batch mask_heads query key"]:
    """What both masks together allow, True = may look.

    Args:
        num_heads: of the module; ``attn_mask`` may be (batch · heads, query, key).
        key_padding_mask: (batch, key), or (key) for a single sentence; True, or minus infinity, where a key is
            padding.
        attn_mask: (query, key) or (batch · heads, query, key); True, or minus infinity, where a query may not look.
        num_queries: needed without ``attn_mask``, unless there are as many queries as keys.

    Raises:
        AttentionError: no mask is given, or one is neither boolean nor 0 and minus infinity.
        ShapeError: their axes do not fit each other or ``num_queries``; one row or key does not stand for several.
    """
    if attn_mask is not None:
        pattern = _by_head(attn_mask, num_heads)
        _require_queries(attn_mask, num_queries)
        if key_padding_mask is None:
            return pattern
        rows = _by_row(key_padding_mask)
        _require_fit(attn_mask, rows, num_heads)
        return pattern & rows[:, None, None, :]
    if key_padding_mask is not None:
        return for_every_query(_by_row(key_padding_mask), num_queries)
    raise AttentionError("neither `key_padding_mask` nor `attn_mask` is given; where nothing is hidden, say so "
                         "with Everything()")  # fmt: skip


def multihead_from_allowed(
    allowed: Bool[Tensor, "batch mask_heads query key"], *, num_rows: int, num_heads: int
) -> Bool[Tensor, "..."]:
    """The ``attn_mask``, True = ignore: (query, key) if all rows and heads share it, else (batch · heads, query, key).

    A query that may look at nothing makes ``nn.MultiheadAttention`` return NaN; ``attend`` gives it zeros.
    """
    if allowed.shape[:2] == (1, 1):
        return ~allowed[0, 0]
    return ~allowed.expand(num_rows, num_heads, -1, -1).flatten(0, 1)


def _visible(mask: Tensor, name: str) -> Tensor:
    if mask.dtype == torch.bool:
        return ~mask
    if mask.is_floating_point():
        return visible_where_zero(mask, name, hidden_values=(-torch.inf,))
    raise AttentionError(
        f"`{name}` is of type {str(mask.dtype).removeprefix('torch.')}; expected bool (True = ignore) or a float mask. "
        "If 1 means keep, pass `mask == 0`; if 1 means ignore, pass `mask == 1`"
    )


def _by_row(key_padding_mask: Tensor) -> Tensor:
    """The visible keys as (batch, key)."""
    require_axes(key_padding_mask, "key_padding_mask", {1: "(key)", 2: "(batch, key)"})
    visible = _visible(key_padding_mask, "key_padding_mask")
    return visible[None] if visible.ndim == 1 else visible


def _by_head(attn_mask: Tensor, num_heads: int) -> Tensor:
    """The visible cells as (batch, head, query, key); batch and head are 1 where all share one pattern."""
    require_axes(attn_mask, "attn_mask", {2: "(query, key)", 3: "(batch · heads, query, key)"})
    visible = _visible(attn_mask, "attn_mask")
    if visible.ndim == 2:
        return visible[None, None]
    if visible.shape[0] % num_heads:
        raise ShapeError(
            f"the first axis of `attn_mask` is batch · heads and must be a multiple of {num_heads} heads, "
            f"but is {visible.shape[0]}"
        )
    return visible.view(-1, num_heads, *visible.shape[1:])


def _require_queries(attn_mask: Tensor, num_queries: int | None) -> None:
    if num_queries not in (None, attn_mask.shape[-2]):
        raise ShapeError(
            f"`num_queries` is {num_queries}, but `attn_mask` of the shape {tuple(attn_mask.shape)} is for "
            f"{attn_mask.shape[-2]}; leave `num_queries` out, or give the mask of these queries"
        )


def _require_fit(attn_mask: Tensor, rows: Tensor, num_heads: int) -> None:
    num_rows, num_keys = rows.shape
    if attn_mask.shape[-1] != num_keys or (attn_mask.ndim == 3 and len(attn_mask) != num_rows * num_heads):
        raise ShapeError(
            f"`attn_mask` has the shape {tuple(attn_mask.shape)}, but beside a `key_padding_mask` of "
            f"{tuple(rows.shape)} it must have (query, {num_keys}) or ({num_rows * num_heads}, query, {num_keys})"
        )
