"""Dropout from a seed: which cells are dropped is computed anew for the gradient, not remembered."""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from regard.kernels.library import Kernels

LEVELS: Final = 256
"""A probability is so many times 1/256."""


def dropped(
    kernels: Kernels,
    vectors: Float[Tensor, "..."],
    *,
    seed: int,
    levels: int,
    residual: Float[Tensor, "..."] | None = None,
) -> Float[Tensor, "..."]:
    """``residual + dropout(vectors)``: each cell 0 with probability ``levels / 256``, else scaled by what is kept.

    Args:
        kernels: the compiled functions.
        vectors: contiguous.
        seed: from 0 to below 2⁶⁴; which cells are dropped follows from it and from their number alone.
        levels: from 0 to 255.
        residual: contiguous, of the same shape and type; nothing is added without it.
    """
    result = torch.empty_like(vectors)
    start = None if residual is None else residual.data_ptr()
    places = start, vectors.data_ptr(), result.data_ptr()
    kernels.call("drop", vectors.dtype, *places, vectors.numel(), seed, levels, LEVELS / (LEVELS - levels))
    return result
