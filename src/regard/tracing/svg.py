"""One head as a picture in SVG: four panels, or one of them. No script, no font, no link; every text is escaped.

What is hidden is hatched and carries the sign of its reason; what is shown carries its number, or, in a large picture,
a bar where it is negative. So nothing is said by colour alone.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, final
from xml.sax.saxutils import escape

import numpy as np

from regard.attention.marks import legend, mark, words
from regard.disk import file_aside
from regard.tracing.colours import FAINT, GROUND, HATCH, HATCH_GROUND, INK, colour_of, css, ink_on
from regard.tracing.four_panels import CAUTION, PANELS, Panel, panel_of, refuse_large, title_of
from regard.tracing.grid import digits
from regard.tracing.legible import display_width, fitted
from regard.tracing.panels import ROWS_AND_COLUMNS

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace

_MOST_DIGITS: Final = 24
_CELL: Final = (34.0, 20.0)
_SMALL_CELL: Final = (10.0, 10.0)
_WIDEST_NAME: Final = 24
_CHARACTER: Final = 6.6
_MARGIN: Final = 16
_HEADER: Final = 40


@final
@dataclass(frozen=True)
class _Frame:
    """Where one panel's cells lie."""

    left: float
    top: float
    cell_width: float
    cell_height: float
    has_digits: bool
    width: float
    height: float

    def corner(self, row: int, column: int) -> tuple[float, float]:
        return self.left + column * self.cell_width, self.top + row * self.cell_height


def write_svg(path: Path, head: "HeadTrace", *, panel: str | None = None) -> None:
    """Writes the picture, whole or not at all, over what stood there before.

    Raises:
        TraceError: there is no such panel, or the head is too large for a picture.
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written.
    """
    drawn = head_svg(head, panel=panel).encode()
    with file_aside(path) as file:
        file.write(drawn)


def head_svg(head: "HeadTrace", *, panel: str | None = None) -> str:
    """One head as SVG: all four panels, or the one that is named.

    Args:
        head: what to draw.
        panel: ``scores``, ``mask``, ``weights`` or ``output``; all if not given.

    Raises:
        TraceError: there is no such panel, or the head is too large for a picture.
    """
    refuse_large(head)
    chosen = [panel_of(head, name) for name in (PANELS if panel is None else (panel,))]
    title = title_of(head)
    frames, width, height = _layout(chosen)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}" role="img" font-family="system-ui, sans-serif" font-size="11" fill="{INK}">',
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(' '.join(_description(chosen)))}</desc>",
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="{GROUND}"/>',
        f'<text x="{_MARGIN}" y="24" font-size="14" font-weight="bold">{_text(title)}</text>',
    ]
    for each, frame in zip(chosen, frames, strict=True):
        lines.extend(_panel_lines(each, frame))
    notes = [ROWS_AND_COLUMNS.rstrip("."), legend(map(int, np.unique(head.codes))), CAUTION]
    shown = " · ".join(note for note in notes if note)
    lines.append(f'<text x="{_MARGIN}" y="{_n(height - 12)}" font-size="10" fill="{FAINT}">{_text(shown)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _layout(chosen: Sequence[Panel]) -> tuple[list[_Frame], float, float]:
    """Two panels beside each other, two below; with the size of the whole."""
    frames: list[_Frame] = []
    top, width = float(_HEADER), 620.0
    for begin in range(0, len(chosen), 2):
        left, tallest = float(_MARGIN), 0.0
        for each in chosen[begin : begin + 2]:
            frame = _frame(each, left, top)
            frames.append(frame)
            left += frame.width + 2 * _MARGIN
            tallest = max(tallest, frame.height)
        top += tallest + _MARGIN
        width = max(width, left)
    return frames, width, top + 2 * _MARGIN


def _frame(panel: Panel, left: float, top: float) -> _Frame:
    num_rows, num_columns = panel.values.shape
    has_digits = num_columns <= _MOST_DIGITS
    cell_width, cell_height = _CELL if has_digits else _SMALL_CELL
    names = max(map(_name_width, panel.rows), default=0.0)
    above = 44 + (max(map(_name_width, panel.columns), default=0.0) if panel.name != "output" else 14.0)
    width = max(names + 8 + num_columns * cell_width, 7.0 * len(panel.formula))
    return _Frame(
        left=left + names + 8,
        top=top + above,
        cell_width=cell_width,
        cell_height=cell_height,
        has_digits=has_digits,
        width=width,
        height=above + num_rows * cell_height + 22,
    )


def _panel_lines(panel: Panel, frame: _Frame) -> Iterator[str]:
    left, top = frame.left, frame.top
    begin = left - 8 - max(map(_name_width, panel.rows), default=0.0)
    head = top - 30 - (max(map(_name_width, panel.columns), default=0.0) if panel.name != "output" else 14.0)
    yield f'<g><text x="{_n(begin)}" y="{_n(head)}" font-weight="bold">{panel.title}</text>'
    yield f'<text x="{_n(begin)}" y="{_n(head + 14)}" font-size="10" fill="{FAINT}">{_text(panel.formula)}</text>'
    yield from _row_names(panel, frame)
    yield from _column_names(panel, frame)
    yield from (line for row in range(panel.values.shape[0]) for line in _row_cells(panel, frame, row))
    yield from _signs(panel, frame)
    _, bottom = frame.corner(len(panel.rows), 0)
    yield f'<text x="{_n(left)}" y="{_n(bottom + 14)}" font-size="10" fill="{FAINT}">{_text(_scale(panel))}</text></g>'


def _row_names(panel: Panel, frame: _Frame) -> Iterator[str]:
    for row, name in enumerate(panel.rows):
        _, y = frame.corner(row, 0)
        baseline = y + frame.cell_height / 2 + 4
        yield f'<text x="{_n(frame.left - 6)}" y="{_n(baseline)}" text-anchor="end">{_text(_short(name))}</text>'


def _column_names(panel: Panel, frame: _Frame) -> Iterator[str]:
    """Names of keys stand upright; of the output's features every eighth number is enough."""
    for column, name in enumerate(panel.columns):
        x, _ = frame.corner(0, column)
        middle = x + frame.cell_width / 2
        if panel.name != "output":
            turned = f"translate({_n(middle + 4)} {_n(frame.top - 4)}) rotate(-90)"
            yield f'<text transform="{turned}">{_text(_short(name))}</text>'
        elif frame.has_digits or column % 8 == 0:
            yield f'<text x="{_n(middle)}" y="{_n(frame.top - 4)}" text-anchor="middle" font-size="9">{name}</text>'


def _row_cells(panel: Panel, frame: _Frame, row: int) -> Iterator[str]:
    for column in range(panel.values.shape[1]):
        code = int(panel.codes[row, column])
        yield _hidden_cell(frame, (row, column), code) if code else _cell(panel, frame, (row, column))


def _cell(panel: Panel, frame: _Frame, place: tuple[int, int]) -> str:
    value = float(panel.values[place])
    colour = colour_of(value, panel.domain, panel.bound)
    x, y = frame.corner(*place)
    rect = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(frame.cell_width)}" height="{_n(frame.cell_height)}"'
    if panel.name == "mask":
        return f'{rect} fill="{GROUND}" stroke="{HATCH}" stroke-width=".5"/>' + _written(frame, place, "1", INK)
    shown = _written(frame, place, digits(value), ink_on(colour)) if frame.has_digits else ""
    return f'{rect} fill="{css(colour)}"/>{shown}'


def _hidden_cell(frame: _Frame, place: tuple[int, int], code: int) -> str:
    x, y = frame.corner(*place)
    width, height = frame.cell_width, frame.cell_height
    rect = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{HATCH_GROUND}">'
    rect += f"<title>{_text(words(code))}</title></rect>"
    lines = "".join(
        f"M{_n(x + width * max(0.0, share - 1))} {_n(y + height * min(1.0, share))}"
        f"L{_n(x + width * min(1.0, share))} {_n(y + height * max(0.0, share - 1))}"
        for share in (0.5, 1.0, 1.5)
    )
    return f'{rect}<path d="{lines}" stroke="{HATCH}" fill="none"/>' + _written(frame, place, mark(code), INK)


def _written(frame: _Frame, place: tuple[int, int], text: str, ink: str) -> str:
    x, y = frame.corner(*place)
    size = 10 if frame.has_digits else 8
    middle, baseline = x + frame.cell_width / 2, y + frame.cell_height / 2 + size * 0.36
    return (
        f'<text x="{_n(middle)}" y="{_n(baseline)}" text-anchor="middle" font-size="{size}" fill="{ink}">{text}</text>'
    )


def _signs(panel: Panel, frame: _Frame) -> Iterator[str]:
    """Where there is no room for numbers, a bar marks what is negative."""
    if panel.domain != "scores" or frame.has_digits:
        return
    bars = []
    for row, column in np.argwhere((panel.values < 0) & (panel.codes == 0)).tolist():
        x, y = frame.corner(row, column)
        bars.append(f"M{_n(x + 3)} {_n(y + frame.cell_height / 2)}h{_n(frame.cell_width - 6)}")
    if bars:
        yield f'<path d="{"".join(bars)}" stroke="{INK}" stroke-width=".8" fill="none"/>'


def _scale(panel: Panel) -> str:
    if panel.name == "mask":
        return "1 visible, hatched hidden"
    if panel.domain == "weights":
        return "light 0 to dark 1"
    bound = digits(panel.bound)
    return f"amber -{bound} over grey 0 to blue {bound}" + (
        "" if panel.values.shape[1] <= _MOST_DIGITS else "; bar: negative"
    )


def _description(chosen: Sequence[Panel]) -> Iterator[str]:
    """What the picture says, for who cannot see it: the steps, and for each query the key with the largest weight."""
    yield ROWS_AND_COLUMNS
    for each in chosen:
        yield f"{each.title}: {each.formula}."
        if each.name == "weights" and each.values.size:
            for row, name in enumerate(each.rows):
                best = int(each.values[row].argmax())
                weight = float(each.values[row, best])
                if weight > 0:
                    yield f"{_short(name)} looks most at {_short(each.columns[best])}: {digits(weight)}."


def _name_width(name: str) -> float:
    return _CHARACTER * min(display_width(name), _WIDEST_NAME)


def _short(name: str) -> str:
    return fitted(name, _WIDEST_NAME) if display_width(name) > _WIDEST_NAME else name


def _text(text: str) -> str:
    return escape(text)


def _n(number: float) -> str:
    """A coordinate, as short as a tenth of a pixel allows."""
    rounded = round(number, 1)
    return str(int(rounded)) if math.isclose(rounded, int(rounded)) else str(rounded)
