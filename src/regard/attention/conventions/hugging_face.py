"""The ``attention_mask`` of Hugging Face's transformers.

In two dimensions, (batch, key) of integers: 1 = keep, 0 = ignore. In four, (batch, head, query, key), something to be
added to the scores: 0 = keep, the least finite number of the type = ignore.
"""

from typing import Final

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from regard.attention.conventions.reading import (
    for_every_query,
    require_axes,
    the_same_for_every_query,
    visible_where_zero,
)
from regard.errors import AttentionError

_FLOATS: Final = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
# Two such masks added, or one rounded to a smaller type, are minus infinity.
_LEAST: Final = (*(torch.finfo(dtype).min for dtype in _FLOATS), -torch.inf)


def allowed_from_hugging_face_2d(
    attention_mask: Shaped[Tensor, "batch key"], *, num_queries: int | None = None
) -> Bool[Tensor, "batch 1 query key"]:
    """What it allows, True = may look, for as many queries as keys or for ``num_queries``.

    Raises:
        AttentionError: it holds anything but the integers 1 and 0.
        ShapeError: it has not two axes, or ``num_queries`` is negative.
    """
    require_axes(attention_mask, "attention_mask", {2: "(batch, key)"})
    if attention_mask.dtype == torch.bool or attention_mask.is_floating_point():
        raise AttentionError(
            f"`attention_mask` is of type {str(attention_mask.dtype).removeprefix('torch.')}; expected integers, "
            "1 = keep and 0 = ignore. If True or 1.0 means keep, pass `mask.long()`; if it means ignore, "
            "`1 - mask.long()`"
        )
    wrong = attention_mask[(attention_mask != 0) & (attention_mask != 1)]
    if wrong.numel():
        raise AttentionError(
            f"`attention_mask` holds {int(wrong[0])}; expected 1 = keep and 0 = ignore. Numbers of sentences packed in "
            "a row are not read: make Segments from a Layout of their lengths"
        )
    return for_every_query(attention_mask == 1, num_queries)


def hugging_face_2d_from_allowed(allowed: Bool[Tensor, "batch mask_heads query key"]) -> Int[Tensor, "batch key"]:
    """1 where a key is seen, 0 where not.

    Raises:
        AttentionError: queries of a row may look at different keys, which two axes cannot say.
    """
    return the_same_for_every_query(allowed, "Hugging Face's 2-D mask").long()


def allowed_from_hugging_face_4d(
    attention_mask: Shaped[Tensor, "batch mask_heads query key"],
) -> Bool[Tensor, "batch mask_heads query key"]:
    """What it allows, True = may look; hidden is the least number of any float type, or minus infinity.

    Raises:
        AttentionError: it is not a float mask, or holds other numbers.
        ShapeError: it has not four axes.
    """
    require_axes(attention_mask, "attention_mask", {4: "(batch, head, query, key)"})
    if not attention_mask.is_floating_point():
        raise AttentionError(
            f"`attention_mask` is of type {str(attention_mask.dtype).removeprefix('torch.')}; expected floats to be "
            "added to the scores. For True = keep use allowed_from_sdpa; for True = ignore pass `~mask` to it"
        )
    return visible_where_zero(attention_mask, "attention_mask", hidden_values=_LEAST)


def hugging_face_4d_from_allowed(
    allowed: Bool[Tensor, "batch mask_heads query key"], *, dtype: torch.dtype
) -> Float[Tensor, "batch mask_heads query key"]:
    """0 = keep, the least finite number of ``dtype`` = ignore.

    A query that may look at nothing becomes uniform in this convention; ``attend`` gives it zeros.
    """
    added = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
    return added.masked_fill_(~allowed, torch.finfo(dtype).min)
