"""Room for sums over rows that several threads make together."""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

ROWS_OF_TASK: Final = 32
"""Sums are made of sums over so many rows, whoever computes them: the number of threads changes no bit."""


def shares(rows: int, numbers: int) -> Float[Tensor, "task number"]:
    """A zero for each number of each task."""
    return torch.zeros(-(-rows // ROWS_OF_TASK), numbers)
