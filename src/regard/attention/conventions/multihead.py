"""The masks of ``torch.nn.MultiheadAttention`` (and of ``nn.Transformer``): True, or minus infinity, means *ignore*."""

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.attention.conventions.reading import require_axes, visible_where_zero
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
        ShapeError: their axes do not fit.
    """
    parts = []
    if attn_mask is not None:
        require_axes(attn_mask, "attn_mask", {2: "(query, key)", 3: "(batch · heads, query, key)"})
        parts.append(_by_head(_visible(attn_mask, "attn_mask"), num_heads))
    if key_padding_mask is not None:
        require_axes(key_padding_mask, "key_padding_mask", {1: "(key)", 2: "(batch, key)"})
        rows = _visible(key_padding_mask, "key_padding_mask").view(-1, key_padding_mask.shape[-1])
        queries = num_queries or (rows.shape[1] if attn_mask is None else attn_mask.shape[-2])
        parts.append(rows[:, None, None, :].expand(-1, 1, queries, -1))
    if not parts:
        raise AttentionError("neither `key_padding_mask` nor `attn_mask` is given; where nothing is hidden, say so "
                             "with Everything()")  # fmt: skip
    return _both(parts)


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


def _by_head(visible: Tensor, num_heads: int) -> Tensor:
    if visible.ndim == 2:
        return visible[None, None]
    if visible.shape[0] % num_heads:
        raise ShapeError(
            f"the first axis of `attn_mask` is batch · heads and must be a multiple of {num_heads} heads, "
            f"but is {visible.shape[0]}"
        )
    return visible.view(-1, num_heads, *visible.shape[1:])


def _both(parts: list[Tensor]) -> Tensor:
    try:
        return parts[0] if len(parts) == 1 else parts[0] & parts[1]
    except RuntimeError:
        shapes = " and ".join(str(tuple(part.shape)) for part in parts)
        raise ShapeError(
            f"`attn_mask` and `key_padding_mask` do not fit: as (batch, head, query, key) they are {shapes}"
        ) from None
