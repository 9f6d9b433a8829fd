"""The learning curve of a run as one SVG file that needs nothing else: no fonts, no scripts, no style from outside.

Above, the loss in training and in validation; below, the validation scores. Colours are chosen to be read on white and
on black, because a picture in a README does not know what it lies on.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final, final

from regard.disk import write_text_aside
from regard.runs.scale import Scale, label, rounded_scale
from regard.training.log import History, read_log

WIDTH: Final = 760.0
LEFT, RIGHT, TOP, BOTTOM, GAP = 74.0, 28.0, 76.0, 62.0, 62.0
PANEL_HEIGHT: Final = 190.0
_MOST_POINTS: Final = 400
_SPAN: Final = 1e-9

INK: Final = "#757b82"
BLUE: Final = "#2f7fd0"
ORANGE: Final = "#c36115"
GREEN: Final = "#23895a"
VIOLET: Final = "#9361c9"

_NAMES: Final = (("bleu", "BLEU", GREEN), ("chrf", "chrF", VIOLET))

Point = tuple[float, float]


@final
@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel. ``dots`` marks each point; ``best`` is ringed and written out."""

    name: str
    colour: str
    points: tuple[Point, ...]
    dots: bool = False
    best: Point | None = None


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over one vertical axis."""

    title: str
    lines: tuple[Line, ...]
    top: float

    @property
    def bottom(self) -> float:
        """Where its horizontal axis lies."""
        return self.top + PANEL_HEIGHT

    def scale(self) -> Scale:
        """The vertical axis."""
        values = [value for line in self.lines for _, value in line.points]
        return rounded_scale(values, self.bottom, self.top, most_ticks=5)


def draw_curve(log: Path, out: Path) -> None:
    """Draws the log of a run into ``out``. A run without any update yet gives axes without lines.

    Raises:
        MachineError: the log cannot be read or the picture cannot be written.
    """
    write_text_aside(out, curve_svg(read_log(log)))


def curve_svg(history: History) -> str:
    """The learning curve as the text of an SVG file."""
    panels = _panels(history)
    height = panels[-1].bottom + BOTTOM
    across = Scale(0.0, float(max(_last_step(history), 1)), LEFT, WIDTH - RIGHT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
        f'height="{height:g}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" '
        f'font-size="13" fill="{INK}">',
        '<title id="title">Learning curve</title>',
        f'<desc id="desc">{escape(describe(history))}</desc>',
        _text(LEFT, 28.0, "Learning curve", size=18, weight=600),
        _text(WIDTH - RIGHT, 28.0, _summary(history), anchor="end"),
        *(part for panel in panels for part in _draw_panel(panel, across)),
        *_step_axis(across, panels[-1].bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def describe(history: History) -> str:
    """The curve in words, for those who cannot see it."""
    sentences = [f"{_last_step(history):,} updates of the weights."]
    losses = [report.loss for report in history.steps if math.isfinite(report.loss)]
    if losses:
        sentences.append(f"The training loss went from {losses[0]:.2f} to {losses[-1]:.2f} nats per token.")
    for key, name, _ in _NAMES:
        if points := _scores(history, key):
            step, score = max(points, key=lambda point: point[1])
            sentences.append(f"The best validation {name}, {score:.1f}, came after {step:,.0f} updates.")
    return " ".join(sentences)


def thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """At most ``most`` points: the means of neighbours, so that no spike is drawn wider than it was."""
    group = math.ceil(len(points) / most)
    if group <= 1:
        return tuple(points)
    chunks = [points[begin : begin + group] for begin in range(0, len(points), group)]
    return tuple((_mean([x for x, _ in chunk]), _mean([y for _, y in chunk])) for chunk in chunks)


def _panels(history: History) -> list[Panel]:
    training = tuple((float(report.step), report.loss) for report in history.steps if math.isfinite(report.loss))
    losses = [Line("training", BLUE, thinned(training, _MOST_POINTS))]
    if validation := _scores(history, "loss"):
        losses.append(Line("validation", ORANGE, validation, dots=True))
    panels = [Panel("Loss (nats per token)", tuple(losses), TOP)]
    quality = [
        Line(name, colour, points, dots=True, best=max(points, key=lambda point: point[1]))
        for key, name, colour in _NAMES
        if (points := _scores(history, key))
    ]
    if quality:
        panels.append(Panel("Validation score (0 to 100)", tuple(quality), panels[0].bottom + GAP))
    return panels


def _scores(history: History, key: str) -> tuple[Point, ...]:
    reported = ((float(report.step), report.scores.get(key, math.nan)) for report in history.validations)
    return tuple(point for point in reported if math.isfinite(point[1]))


def _last_step(history: History) -> int:
    steps = [report.step for report in history.steps] + [report.step for report in history.validations]
    return max(steps, default=0)


def _summary(history: History) -> str:
    if not history.steps:
        return "no updates yet"
    last = history.steps[-1]
    return f"{last.step:,} updates · {last.epoch:.1f} epochs · {_duration(last.elapsed_seconds)}"


def _duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "time unknown"
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _draw_panel(panel: Panel, across: Scale) -> Iterator[str]:
    upward = panel.scale()
    yield _text(LEFT, panel.top - 16, panel.title)
    yield _legend(panel)
    for tick in upward.ticks(5):
        y = upward.at(tick)
        yield _rule(LEFT, y, WIDTH - RIGHT, y, opacity=0.7 if abs(tick - upward.low) < _SPAN else 0.25)
        yield _text(LEFT - 10, y + 4.5, label(tick), anchor="end")
    for line in panel.lines:
        yield from _draw_line(line, across.at, upward.at)


def _draw_line(line: Line, across: Callable[[float], float], upward: Callable[[float], float]) -> Iterator[str]:
    places = [(across(step), upward(value)) for step, value in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield (
        f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )
    if line.dots:
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"/>' for x, y in places)
    if line.best is not None:
        x, y = across(line.best[0]), upward(line.best[1])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5" fill="none" stroke="{line.colour}" stroke-width="2"/>'
        yield _best_label(line.best[1], x, y, line.colour)


def _best_label(value: float, x: float, y: float, colour: str) -> str:
    """The best score beside its ring: below it, and to the left where it would leave the picture."""
    anchor = "end" if x > (LEFT + WIDTH - RIGHT) / 2 else "start"
    return _text(
        x + (6 if anchor == "end" else -6), y + 24, f"best {value:.1f}", anchor=anchor, fill=colour, weight=600
    )


def _legend(panel: Panel) -> str:
    """The lines' names, right above the panel. One text, so that the spacing is right in any font."""
    names = (
        f'<tspan dx="{18 if number else 0}" fill="{line.colour}">{"●" if line.dots else "—"} {line.name}</tspan>'
        for number, line in enumerate(panel.lines)
    )
    place = f'x="{WIDTH - RIGHT:g}" y="{panel.top - 16:.1f}" text-anchor="end" font-weight="600"'
    return f"<text {place}>{''.join(names)}</text>"


def _step_axis(across: Scale, y: float) -> Iterator[str]:
    for tick in across.ticks(8):
        if tick == round(tick):  # there is no half an update
            yield _rule(across.at(tick), y, across.at(tick), y + 5)
            yield _text(across.at(tick), y + 22, label(tick), anchor="middle")
    yield _text((across.start + across.end) / 2, y + 46, "Updates of the weights", anchor="middle")


def _rule(
    x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1.0, opacity: float = 1.0
) -> str:
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {place} stroke="{colour}" stroke-width="{width:g}" stroke-opacity="{opacity:g}"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 13, weight: int = 400, fill: str = INK
) -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
