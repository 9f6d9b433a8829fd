"""Rotary positions (Su et al. 2021, RoFormer, equation 34): queries and keys are turned by their position.

The score of a query at m with a key at n then depends on m − n alone.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, stack

from regard.positions.sinusoidal import angles_at


def rotate(
    vectors: Float[Tensor, "batch head position head_dim"],
    *,
    first: int = 0,
    places: Int[Tensor, "#batch position"] | None = None,
) -> Float[Tensor, "batch head position head_dim"]:
    """Turns feature pairs (2i, 2i+1) of the vector at position p by the angle p / 10000^(2i/head_dim).

    The vectors stand at positions ``first``, ``first + 1`` …, or each where ``places`` says.
    """
    standing = torch.arange(first, first + vectors.shape[-2]) if places is None else places[:, None]
    turned = angles_at(standing, vectors.shape[-1]).to(vectors.device)
    cos, sin = turned.cos().to(vectors.dtype), turned.sin().to(vectors.dtype)
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    return stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
