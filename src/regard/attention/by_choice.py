"""Cells that somebody switched off, to see what becomes of the answer without them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention.extent import Extent
from regard.attention.mask import Mask
from regard.attention.reason import Reason
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight
from regard.errors import ShapeError


@final
@dataclass(frozen=True)
class Cell:
    """One cell of a mask, or many: None means every head, every query, every key."""

    head: int | None = None
    query: int | None = None
    key: int | None = None


@final
@dataclass(frozen=True)
class SwitchedOff(Mask):
    """Hides the given cells, for a model of ``num_heads`` heads.

    Raises:
        ShapeError: a cell lies outside (negative, or a head that does not exist).
    """

    cells: frozenset[Cell]
    num_heads: int

    reason = Reason.SWITCHED_OFF

    def __init__(self, cells: Iterable[Cell], num_heads: int) -> None:
        object.__setattr__(self, "cells", frozenset(cells))
        object.__setattr__(self, "num_heads", num_heads)
        for cell in self.cells:
            if min(cell.head or 0, cell.query or 0, cell.key or 0) < 0 or (cell.head or 0) >= num_heads:
                raise ShapeError(f"a mask for {num_heads} heads (0 to {num_heads - 1}) has no {cell!r}")

    @property
    def sight(self) -> Sight:
        """Every key where nothing is switched off; else nothing is known."""
        return Sight.NOTHING if self.cells else Sight.ALL

    @property
    def extent(self) -> Extent:
        """The heads; all share one answer where no cell names a head."""
        return Extent(num_heads=self.num_heads if any(cell.head is not None for cell in self.cells) else 1)

    def rule(self, on: Rectangle) -> Bool[Tensor, "1 mask_heads query key"]:
        """True where no cell says otherwise. Cells outside the rectangle are not asked about."""
        shape = (1, self.extent.num_heads, on.num_queries, on.num_keys)
        allowed = torch.ones(shape, dtype=torch.bool, device=on.device)
        for cell in self.cells:
            query = None if cell.query is None else cell.query - on.first_query
            if query is None or query >= 0:
                allowed[0, _only(cell.head), _only(query), _only(cell.key)] = False
        return allowed


def _only(index: int | None) -> slice:
    return slice(None) if index is None else slice(index, index + 1)
