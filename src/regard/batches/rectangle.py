"""Sequences of different lengths side by side in one rectangle."""

from collections.abc import Sequence
from itertools import chain

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
    return _filled(layout, sequences), layout


def packed_rectangle(
    rows: Sequence[Sequence[Sequence[int]]], *, width: int | None = None
) -> tuple[Int[Tensor, "batch position"], Layout]:
    """The same for rows of several sequences behind each other; the layout knows where each ends."""
    layout = Layout.packed([[len(sequence) for sequence in row] for row in rows], width=width)
    return _filled(layout, [list(chain.from_iterable(row)) for row in rows]), layout


def _filled(layout: Layout, sequences: Sequence[Sequence[int]]) -> Int[Tensor, "batch position"]:
    cells = np.full((layout.num_rows, layout.width), PAD, dtype=np.int64)
    for row, sequence in zip(cells, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(cells)
