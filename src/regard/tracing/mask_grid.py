"""A mask as text: one row per query, one column per key, ``1`` where the query may look and a mark where it may not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, final

import numpy as np
from jaxtyping import UInt8

from regard.attention.marks import VISIBLE_MARK, legend, mark
from regard.tracing.grid import CORNER
from regard.tracing.legible import fitted
from regard.tracing.table_text import HEADING, Cell, Paint, Tone, label_width, plain, table

_SHORTEST_NAME: Final = 3
_LEAST_COLUMN: Final = 2


@final
@dataclass(frozen=True, eq=False)
class MaskGrid:
    """Why each key is hidden from each query.

    Attributes:
        queries: names of the rows.
        keys: names of the columns.
        codes: sums of ``Reason`` codes, 0 = visible.
    """

    queries: tuple[str, ...]
    keys: tuple[str, ...]
    codes: UInt8[np.ndarray, "query key"]

    def lines(self, *, width: int = 80, paint: Paint = plain) -> list[str]:
        """The table; with numbers for names where it is wide, and as ranges of positions where it is too wide."""
        if _LEAST_COLUMN * len(self.keys) > width:
            return list(self._ranges(width, paint))
        rows = [[_cell(int(code)) for code in row] for row in self.codes]
        numbers = [str(key) for key in range(len(self.keys))]
        for names in (self.keys, numbers):
            shortest = min(_SHORTEST_NAME, max(map(len, numbers), default=1)) if names is numbers else _SHORTEST_NAME
            drawn = table(CORNER, names, self.queries, rows, width=width, paint=paint, shortest_name=shortest)
            if drawn is not None:
                return drawn
        return list(self._ranges(width, paint))

    @property
    def legend(self) -> str:
        """What its marks mean; empty if nothing is hidden."""
        return legend(map(int, np.unique(self.codes)))

    def ranges(self, query: int) -> str:
        """One row as ranges of positions: ``sees 0-4  × 5-40``."""
        return "  ".join(_runs([mark(int(code)) for code in self.codes[query]]))

    def _ranges(self, width: int, paint: Paint) -> Iterator[str]:
        first = label_width(self.queries, width=width)
        for query, name in enumerate(self.queries):
            yield f"{paint(fitted(name, first), HEADING)}  {fitted(self.ranges(query), width - first - 2)}".rstrip()


def _cell(code: int) -> Cell:
    return Cell(mark(code), Tone("hidden" if code else "plain"))


def _runs(marks: list[str]) -> Iterator[str]:
    """``sees 0-4``, ``× 5-40``: neighbours with the same mark, by their positions."""
    position = 0
    for sign, group in groupby(marks):
        last = position + len(list(group)) - 1
        where = f"{position}" if last == position else f"{position}-{last}"
        yield f"sees {where}" if sign == VISIBLE_MARK else f"{sign} {where}"
        position = last + 1
