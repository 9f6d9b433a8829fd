"""A token × token table of numbers as text: one row per query, one column per key.

Three things look different in it: a number, even 0.00; a mark, where the mask hides the key; and nothing, where nothing
was computed. Behind each number stands a shade of grey, so that the table can be read from afar without any colour.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from regard.attention.marks import mark
from regard.tracing.legible import display_width, fitted
from regard.tracing.table_text import HEADING, Cell, Paint, Tone, label_width, plain, table

Domain = Literal["scores", "weights"]

CORNER: Final = "query ↓ key →"
LIST_CORNER: Final = "query"
SHADES: Final = " ░▒▓█"
_THRESHOLDS: Final = (0.1, 0.35, 0.6, 0.85)
_DECIMALS: Final = 2
_LONGEST_IN_LIST: Final = 12
_LEAST_COLUMN: Final = 2
_LEAST_ENTRY: Final = 6


@final
@dataclass(frozen=True, eq=False)
class Totals:
    """A last column, one number per row."""

    name: str
    values: Float[np.ndarray, " query"]


@final
@dataclass(frozen=True, eq=False)
class Grid:
    """Numbers of queries and keys.

    Attributes:
        queries: names of the rows.
        keys: names of the columns.
        values: the numbers; of hidden cells too, where they are known.
        domain: ``weights`` lie between 0 and 1; ``scores`` lie around 0.
        codes: why a cell is hidden, 0 = visible; all visible if not given.
        computed: False where there is no number at all; all True if not given.
        extent: the size of number that gets the darkest shade; of scores the largest one if not given, of weights 1.
        totals: a last column, if any.
        corner: what stands above the names of rows.
    """

    queries: tuple[str, ...]
    keys: tuple[str, ...]
    values: Float[np.ndarray, "query key"]
    domain: Domain
    codes: UInt8[np.ndarray, "query key"] | None = None
    computed: Bool[np.ndarray, "query key"] | None = None
    extent: float | None = None
    totals: Totals | None = None
    corner: str = CORNER

    @cached_property
    def visible(self) -> Bool[np.ndarray, "query key"]:
        """True where a number is shown."""
        computed = np.ones(self.values.shape, bool) if self.computed is None else self.computed
        return computed if self.codes is None else computed & (self.codes == 0)

    @cached_property
    def darkest(self) -> float:
        """The size of number that gets the darkest shade."""
        if self.extent is not None or self.domain == "weights":
            return self.extent or 1.0
        return largest(self.values[self.visible])

    def cell(self, query: int, key: int) -> Cell:
        """One cell as text."""
        if self.computed is not None and not self.computed[query, key]:
            return Cell("")
        if self.codes is not None and self.codes[query, key]:
            return Cell(mark(int(self.codes[query, key])) + " ", Tone("hidden"))
        return number_cell(float(self.values[query, key]), self.domain, self.darkest)

    def lines(self, *, width: int = 80, paint: Paint = plain, top: int | None = None) -> list[str]:
        """The table in ``width`` columns; where it is too wide, or ``top`` is given, a list per query instead."""
        if top is None and _LEAST_COLUMN * len(self.keys) <= width:
            rows = [self._row(query) for query in range(len(self.queries))]
            names = self.keys if self.totals is None else (*self.keys, f"{self.totals.name} ")
            drawn = table(self.corner, names, self.queries, rows, width=width, paint=paint, may_touch=True)
            if drawn is not None:
                return drawn
        return _ranked_lines(self, width=width, paint=paint, top=top)

    def ranked(self, query: int, *, width: int = 80, paint: Paint = plain, top: int | None = None) -> str:
        """The visible keys of one query with the largest numbers, largest first: as many as fit, at most ``top``."""
        visible = np.flatnonzero(self.visible[query])
        if not visible.size:
            return "sees nothing"
        order = visible[np.argsort(-self.values[query][visible], kind="stable")]
        most = width // _LEAST_ENTRY + 1  # no more can fit, so no more are looked at
        listed = order[: most if top is None else min(top, most)]
        entries = [(self._list_name(key), self.cell(query, key)) for key in map(int, listed)]
        kept = _that_fit(entries, rest=len(order), room=width)
        shown = "  ".join(f"{name} {paint(cell.text, cell.tone)}".rstrip() for name, cell in kept)
        used = sum(display_width(name) + len(cell.text) + 3 for name, cell in kept)
        rest = self._rest(query, order[len(kept) :])
        return f"{shown}  {rest}" if rest and used + len(rest) <= width else shown

    def _rest(self, query: int, left: Int[np.ndarray, " key"]) -> str:
        """How many keys are not listed, and of weights how much they got together."""
        if not left.size:
            return ""
        total = f": {digits(float(self.values[query][left].sum()))}" if self.domain == "weights" else ""
        return f"+{left.size} more{total}"

    def _list_name(self, key: int) -> str:
        """In a list, unlike in a table, two keys of one name need a number to be told apart."""
        name = fitted(self.keys[key], min(display_width(self.keys[key]), _LONGEST_IN_LIST))
        return f"{name}({key})" if self._namesakes[self.keys[key]] > 1 else name

    @cached_property
    def _namesakes(self) -> Counter[str]:
        return Counter(self.keys)

    def _row(self, query: int) -> list[Cell]:
        cells = [self.cell(query, key) for key in range(len(self.keys))]
        return cells if self.totals is None else [*cells, Cell(f"{digits(float(self.totals.values[query]))} ")]


def _ranked_lines(grid: Grid, *, width: int, paint: Paint, top: int | None) -> list[str]:
    """A list per query: its keys, the largest number first."""
    first = label_width([*grid.queries, LIST_CORNER], width=width)
    lines = [paint(fitted(f"{fitted(LIST_CORNER, first)}  keys, largest first", width).rstrip(), HEADING)]
    for query, name in enumerate(grid.queries):
        listed = grid.ranked(query, width=width - first - 2, paint=paint, top=top)
        lines.append(f"{paint(fitted(name, first), HEADING)}  {listed}".rstrip())
    return lines


def _that_fit(entries: Sequence[tuple[str, Cell]], *, rest: int, room: int) -> Sequence[tuple[str, Cell]]:
    """The first entries, as many as leave room to say how many more there are; at least one."""
    used, kept = 0, 0
    for name, cell in entries:
        used += display_width(name) + len(cell.text) + 3
        if used + len(f"+{rest} more: 0.00") > room:
            break
        kept += 1
    return entries[: max(1, kept)]


def number_cell(value: float, domain: Domain, darkest: float) -> Cell:
    """A number with its shade."""
    level = value / darkest if darkest and math.isfinite(value) else 0.0
    return Cell(digits(value) + shade(level), Tone("sequential" if domain == "weights" else "diverging", level))


def shade(level: float) -> str:
    """A shade of grey for a level between -1 and 1; the sign is for the digits to say."""
    return SHADES[sum(abs(level) >= threshold for threshold in _THRESHOLDS)]


def digits(value: float) -> str:
    """Two decimals; fewer where a number is so large that nobody would look at them; never a negative zero."""
    if abs(value) >= 10_000:
        return f"{value:.1e}"
    text = f"{value:.{_DECIMALS}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def largest(values: Float[np.ndarray, "..."]) -> float:
    """The largest size of a finite number; 0 if there is none."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0
