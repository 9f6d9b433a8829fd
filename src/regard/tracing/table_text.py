"""Lays cells of text out as a table of a given width, or says that they do not fit.

Nothing here knows what a cell means. A cell comes with its tone, so that a terminal may colour it; without colour the
text alone says everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Final, Literal, final

from regard.tracing.legible import display_width, fitted

Scale = Literal["diverging", "sequential", "hidden", "heading", "plain"]

WIDEST_LABEL: Final = 24
SIDES_GAP: Final = 4
_WIDEST_COLUMN: Final = 12


@final
@dataclass(frozen=True)
class Tone:
    """What a colour may stand for: on a ``diverging`` scale a level from -1 to 1, on a ``sequential`` one 0 to 1."""

    scale: Scale = "plain"
    level: float = 0.0


@final
@dataclass(frozen=True)
class Cell:
    """Text that stands right-aligned in its column."""

    text: str
    tone: Tone = Tone()


Paint = Callable[[str, Tone], str]
HEADING: Final = Tone("heading")


def plain(text: str, _tone: Tone) -> str:
    """No colour: for a file, a pipe, or a reader who does not want it."""
    return text


def label_width(labels: Sequence[str], *, width: int) -> int:
    """Columns that the names of rows get: as many as the longest needs, up to 24 or two fifths of the whole width."""
    return min(max(map(display_width, labels), default=0), WIDEST_LABEL, 2 * width // 5)


def table(
    corner: str,
    headers: Sequence[str],
    labels: Sequence[str],
    cells: Sequence[Sequence[Cell]],
    *,
    width: int,
    paint: Paint = plain,
    shortest_name: int = 1,
    may_touch: bool = False,
) -> list[str] | None:
    """The lines of a table; ``None`` if it does not fit into ``width`` columns.

    Names of columns are cut before that happens, down to ``shortest_name`` or what their cells need; then, where cells
    ``may_touch`` because each ends with a space or a shade, columns stand without a gap.
    """
    first = label_width([corner, *labels], width=width)
    room = width - first
    gap, widths = 1, _column_widths(headers, cells, room=room, gap=1, shortest_name=shortest_name)
    if widths is None and may_touch:
        gap, first = 0, first + 1
        widths = _column_widths(headers, cells, room=room - 1, gap=0, shortest_name=shortest_name)
    if widths is None:
        return None
    names = [" " + fitted(name, size + gap - 1, "right") for name, size in zip(headers, widths, strict=True)]
    lines = ["".join([paint(fitted(corner, first), HEADING), *(paint(name, HEADING) for name in names)])]
    for label, row in zip(labels, cells, strict=True):
        shown = [
            " " * gap + paint(fitted(cell.text, size, "right"), cell.tone)
            for cell, size in zip(row, widths, strict=True)
        ]
        lines.append("".join([paint(fitted(label, first), HEADING), *shown]))
    return [line.rstrip() for line in lines]


def beside(left: Sequence[str], right: Sequence[str], *, width: int) -> list[str]:
    """Two blocks of uncoloured lines next to each other, or below each other where they do not fit."""
    first = max(map(display_width, left), default=0)
    if first + SIDES_GAP + max(map(display_width, right), default=0) > width:
        return [*left, "", *right]
    pairs = zip_longest(left, right, fillvalue="")
    return [(fitted(one, first + SIDES_GAP) + other).rstrip() for one, other in pairs]


def _column_widths(
    headers: Sequence[str], cells: Sequence[Sequence[Cell]], *, room: int, gap: int, shortest_name: int
) -> list[int] | None:
    """The widest columns that fit: as the names need; cut alike; or as the cells need, all alike if possible."""
    sizes = [[display_width(cell.text) for cell in row] for row in cells]
    needed = [max((row[column] for row in sizes), default=1) for column in range(len(headers))]
    alike = [max(needed, default=1)] * len(needed)
    names = list(map(display_width, headers))
    for limit, least in product(range(_WIDEST_COLUMN, shortest_name - 1, -1), (alike, needed)):
        widths = [max(cell, min(name, limit)) for cell, name in zip(least, names, strict=True)]
        if sum(widths) + gap * len(widths) <= room:
            return widths
    return None
