"""Sinusoidal positions (Vaswani et al. 2017, section 3.5).

    PE(pos, 2i)   = sin(pos / 10000^(2i/d))
    PE(pos, 2i+1) = cos(pos / 10000^(2i/d))

Every position has its own vector, each feature is periodic, and PE(pos + k) is a linear function of PE(pos).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

BASE = 10_000.0


def angles(num_positions: int, dim: int, *, first: int = 0) -> Float[Tensor, "position half"]:
    """``pos / 10000^(2i/d)`` in float64 for positions from ``first`` on; ``half`` = dim / 2."""
    return angles_at(torch.arange(first, first + num_positions), dim)


def angles_at(places: Int[Tensor, "... position"], dim: int) -> Float[Tensor, "... position half"]:
    """``pos / 10000^(2i/d)`` in float64 for each of the given positions."""
    rates = BASE ** (-torch.arange(0, dim, 2, dtype=torch.float64, device=places.device) / dim)
    return places.double()[..., None] * rates


def sinusoidal(num_positions: int, dim: int, *, first: int = 0) -> Float[Tensor, "position model"]:
    """The paper's table in float64: sines in even features, cosines in odd ones."""
    turned = angles(num_positions, dim, first=first)
    return torch.stack((turned.sin(), turned.cos()), dim=-1).flatten(-2)


def sinusoidal_halves(num_positions: int, dim: int, *, first: int = 0) -> Float[Tensor, "position model"]:
    """The same numbers in Marian's order: all sines, then all cosines."""
    turned = angles(num_positions, dim, first=first)
    return torch.cat((turned.sin(), turned.cos()), dim=-1)
