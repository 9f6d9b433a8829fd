"""Rotary positions (Su et al. 2021, RoFormer, equation 34): queries and keys are turned by their position.

The score of a query at m with a key at n then depends on m − n alone.
"""

from jaxtyping import Float
from torch import Tensor, stack

from regard.positions.sinusoidal import angles


def rotate(
    vectors: Float[Tensor, "batch head position head_dim"], *, first: int = 0
) -> Float[Tensor, "batch head position head_dim"]:
    """Turns feature pairs (2i, 2i+1) of the vector at position p by the angle p / 10000^(2i/head_dim)."""
    turned = angles(vectors.shape[-2], vectors.shape[-1], first=first).to(vectors.device)
    cos, sin = turned.cos().to(vectors.dtype), turned.sin().to(vectors.dtype)
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    return stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
