"""Sequences of different lengths side by side in one rectangle."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from regard.layout import Layout
from regard.text.control import PAD


def rectangle(
    sequences: Sequence[Sequence[int]], *, width: int | None = None
) -> tuple[Int[Tensor, "batch position"], Layout]:
    """Left-aligns id sequences in a rectangle filled up with ``PAD``, and says which cells are real."""
    layout = Layout.of([len(sequence) for sequence in sequences], width=width)
    cells = np.full((layout.num_rows, layout.width), PAD, dtype=np.int64)
    for row, sequence in zip(cells, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(cells), layout
