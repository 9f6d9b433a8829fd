"""The ``attn_mask`` of ``scaled_dot_product_attention``: True means *keep*, or a number is added to the score."""

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.attention.conventions.reading import require_axes, visible_where_zero
from regard.errors import AttentionError


def allowed_from_sdpa(attn_mask: Shaped[Tensor, "..."]) -> Bool[Tensor, "batch mask_heads query key"]:
    """What it allows, True = may look; missing axes become 1.

    Raises:
        AttentionError: it is neither boolean nor a float mask of 0 and minus infinity.
        ShapeError: it has fewer than two axes, or more than four.
    """
    shapes = {2: "(query, key)", 3: "(head, query, key)", 4: "(batch, head, query, key)"}
    require_axes(attn_mask, "attn_mask", shapes)
    if attn_mask.dtype == torch.bool:
        visible = attn_mask
    elif attn_mask.is_floating_point():
        visible = visible_where_zero(attn_mask, "attn_mask", hidden_values=(-torch.inf,))
    else:
        raise AttentionError(
            f"`attn_mask` is of type {str(attn_mask.dtype).removeprefix('torch.')}; expected bool (True = keep) or a "
            "float mask. If 1 means keep, pass `mask == 1`; if 1 means ignore, pass `mask == 0`"
        )
    return visible[(None,) * (4 - visible.ndim)]


def sdpa_from_allowed(
    allowed: Bool[Tensor, "batch mask_heads query key"], *, dtype: torch.dtype = torch.bool
) -> Shaped[Tensor, "batch mask_heads query key"]:
    """The ``attn_mask``: boolean, True = keep; or of a float type, 0 = keep and minus infinity = ignore."""
    if dtype == torch.bool:
        return allowed
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill_(~allowed, -torch.inf)
