"""Minus infinity written into hidden cells by bit operations.

``scores.masked_fill(hidden, -inf)`` goes through a boolean mask cell by cell, which on a CPU takes longer than the
product before it. Keeping the bits of visible cells (``and``) and setting those of hidden ones (``or``) gives the same
bits, a NaN in a hidden cell included, in a fraction of the time.
"""

from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

_BITS: Final = {
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


@final
@dataclass(frozen=True, eq=False)
class Fill:
    """All ones in ``kept`` where a score stays; the bits of minus infinity in ``set`` where it does not."""

    kept: Int[Tensor, "batch mask_heads query key"]
    set: Int[Tensor, "batch mask_heads query key"]

    @classmethod
    def of(cls, hidden: Bool[Tensor, "batch mask_heads query key"], dtype: torch.dtype) -> "Fill":
        """For scores of that type."""
        bits = _BITS[dtype]
        infinity = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, -torch.inf)
        return cls(kept=(~hidden).to(bits).neg_().contiguous(), set=infinity.view(bits))

    def __call__(self, scores: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
        """The scores, minus infinity where hidden. Knows no gradient."""
        return (scores.view(self.kept.dtype) & self.kept).bitwise_or_(self.set).view(scores.dtype)
