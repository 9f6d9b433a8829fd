"""One head as a matplotlib figure: for papers, slides and PNG files. Needs the extra ``plot``.

The figure belongs to nobody's global state: no backend is chosen and no window opens. ``figure.savefig("head.png")``
writes it.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from regard.attention.marks import legend, mark
from regard.errors import MissingExtraError
from regard.tracing.colours import HATCH, HATCH_GROUND, colour_of, ink_on
from regard.tracing.four_panels import CAUTION, PANELS, Panel, panel_of, refuse_large, title_of
from regard.tracing.grid import digits
from regard.tracing.legible import display_width, fitted
from regard.tracing.panels import ROWS_AND_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from regard.tracing.trace import HeadTrace

_MOST_DIGITS: Final = 24
_WIDEST_NAME: Final = 24


def plot_head(head: "HeadTrace", *, panel: str | None = None) -> "Figure":
    """One head as a figure: all four panels, or the one that is named.

    Args:
        head: what to draw.
        panel: ``scores``, ``mask``, ``weights`` or ``output``; all if not given.

    Raises:
        TraceError: there is no such panel, or the head is too large for a picture.
        MissingExtraError: matplotlib is not installed.
    """
    refuse_large(head)
    chosen = [panel_of(head, name) for name in (PANELS if panel is None else (panel,))]
    figure = _new_figure(chosen)
    grid = figure.subplots(2, 2) if len(chosen) > 1 else figure.subplots(1, 1)
    for axes, each in zip(np.ravel(np.asarray(grid)), chosen, strict=True):
        _draw(axes, each)
    figure.suptitle(_drawable(title_of(head)), parse_math=False)
    notes = [ROWS_AND_COLUMNS.rstrip("."), legend(map(int, np.unique(head.codes))), CAUTION]
    figure.supxlabel(_drawable(" · ".join(note for note in notes if note)), fontsize=7, parse_math=False)
    return figure


def _new_figure(chosen: list[Panel]) -> "Figure":
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(
            'a figure needs matplotlib, which is not installed; install it with: pip install "regard[plot]". '
            "Without it, to_svg() draws the same panels"
        ) from None
    rows, columns = chosen[0].values.shape
    across = 1 if len(chosen) == 1 else 2
    width = min(16.0, 3.0 + 0.45 * columns) * across
    names = max((len(_short(name)) for each in chosen for name in each.columns), default=0)
    height = min(16.0, 2.4 + 0.3 * rows + 0.06 * names) * across
    return Figure(figsize=(max(width, 7.0), height), layout="constrained")


def _draw(axes: "Axes", panel: Panel) -> None:
    from matplotlib.colors import ListedColormap

    low, high = (0.0, 1.0) if panel.domain == "weights" else (-(panel.bound or 1.0), panel.bound or 1.0)
    steps = np.linspace(low, high, 256)
    colours = ListedColormap([[c / 255 for c in colour_of(float(v), panel.domain, high)] for v in steps])
    hidden = panel.codes != 0
    shown = np.full_like(panel.values, 0.0) if panel.name == "mask" else panel.values
    picture = axes.imshow(
        np.ma.masked_array(shown, hidden), cmap=colours, vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    axes.set_facecolor(HATCH_GROUND)
    _hatch(axes, hidden)
    _write(axes, panel)
    _name(axes, panel)
    axes.set_title(f"{panel.title}: {_drawable(panel.formula)}", fontsize=9, loc="left", parse_math=False)
    if panel.name != "mask":
        axes.figure.colorbar(picture, ax=axes, shrink=0.8)


def _hatch(axes: "Axes", hidden: Any) -> None:
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(hidden).tolist():
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor=HATCH, linewidth=0)
        )


def _write(axes: "Axes", panel: Panel) -> None:
    """Numbers and signs in the cells; in a large picture a bar where a number is negative."""
    has_digits = panel.values.shape[1] <= _MOST_DIGITS
    for (row, column), value in np.ndenumerate(panel.values):
        code = int(panel.codes[row, column])
        if code:
            text, ink = mark(code), "#000000"
        elif panel.name == "mask":
            text, ink = "1", "#000000"
        else:
            ink = ink_on(colour_of(float(value), panel.domain, panel.bound))
            text = digits(float(value)) if has_digits else "–" if value < 0 else ""
        if text:
            axes.text(column, row, text, ha="center", va="center", fontsize=6, color=ink)


def _name(axes: "Axes", panel: Panel) -> None:
    rows, columns = panel.values.shape
    axes.set_yticks(range(rows), [_short(name) for name in panel.rows], fontsize=7, parse_math=False)
    if panel.name != "output":
        names = [_short(name) for name in panel.columns]
        axes.set_xticks(range(columns), names, fontsize=7, rotation=90, parse_math=False)
    axes.tick_params(length=0)


def _short(name: str) -> str:
    drawable = _drawable(name)
    return fitted(drawable, _WIDEST_NAME) if display_width(drawable) > _WIDEST_NAME else drawable


def _drawable(text: str) -> str:
    """What the font has no drawing for, as its number: matplotlib would draw a box and warn."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    known = get_font(findfont(FontProperties())).get_charmap()
    return "".join(c if ord(c) in known or c == " " else f"<U+{ord(c):04X}>" for c in text)
