"""Room for sums over rows that several threads make together."""

from typing import Final

from jaxtyping import Float
from torch import Tensor

from regard.kernels.library import float_room

ROWS_OF_TASK: Final = 32
"""Sums are made of sums over so many rows, whoever computes them: the number of threads changes no bit."""


def shares(rows: int, columns: int) -> Float[Tensor, "group column"]:
    """A zero for each column of each group of rows that one thread adds up."""
    return float_room(-(-rows // ROWS_OF_TASK), columns).zero_()
