"""A chart as one SVG file that needs nothing else: lines over one axis, their names, a title and a description.

Colours are those of the learning curve: they can be read on white and on black.
"""

import math
from collections.abc import Iterator
from html import escape
from typing import Final

from regard.lab.claim import Chart, Series
from regard.runs.curve import BLUE, GREEN, INK, ORANGE, VIOLET
from regard.runs.scale import Scale, label, rounded_scale, spread

_WIDTH: Final = 640.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 28.0, 78.0, 300.0
_HEIGHT: Final = 352.0
_COLOURS: Final = (BLUE, ORANGE, GREEN, VIOLET, INK)
_DASHES: Final = ("", "7 4", "2 4", "10 3 2 3", "")


def chart_svg(chart: Chart) -> str:
    """The chart as the text of an SVG file."""
    across = _across(chart)
    upward = rounded_scale(
        [0.0, *(y for series in chart.series for _, y in series.points)], _BOTTOM, _TOP, most_ticks=5
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" '
        f'height="{_HEIGHT:g}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" '
        f'font-size="13" fill="{INK}">',
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(chart.description)}</desc>',
        _text(_LEFT, 26.0, chart.title, size=16, weight=600),
        _text(_LEFT, _TOP - 14, chart.upward),
        *_axes(chart, across, upward),
        *(part for number, series in enumerate(chart.series) for part in _line(chart, series, number, across, upward)),
        _legend(chart),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _across(chart: Chart) -> Scale:
    places = [_place(chart, x) for series in chart.series for x, _ in series.points]
    return Scale(*spread(places), _LEFT + 14, _WIDTH - _RIGHT - 14)


def _place(chart: Chart, value: float) -> float:
    return math.log2(value) if chart.doubling else value


def _axes(chart: Chart, across: Scale, upward: Scale) -> Iterator[str]:
    for tick in upward.ticks(5):
        y, opacity = upward.at(tick), 0.7 if tick == upward.low else 0.25
        yield _rule(_LEFT, y, _WIDTH - _RIGHT, y, opacity)
        yield _text(_LEFT - 10, y + 4.5, label(tick), anchor="end")
    for value in sorted({x for series in chart.series for x, _ in series.points}):
        x = across.at(_place(chart, value))
        yield _rule(x, _BOTTOM, x, _BOTTOM + 5, 1.0)
        yield _text(x, _BOTTOM + 22, label(value), anchor="middle")
    yield _text((_LEFT + _WIDTH - _RIGHT) / 2, _BOTTOM + 42, chart.across, anchor="middle")


def _line(chart: Chart, series: Series, number: int, across: Scale, upward: Scale) -> Iterator[str]:
    places = [(across.at(_place(chart, x)), upward.at(y)) for x, y in series.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed} stroke-linejoin="round"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)


def _legend(chart: Chart) -> str:
    """The lines' names, in one text, so that the spacing is right in any font."""
    names = (
        f'<tspan dx="{16 if number else 0}" fill="{_COLOURS[number % len(_COLOURS)]}">● {escape(series.name)}</tspan>'
        for number, series in enumerate(chart.series)
    )
    return f'<text x="{_LEFT:g}" y="46" font-weight="600">{"".join(names)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float, opacity: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{INK}" stroke-opacity="{opacity:g}"/>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 13, weight: int = 400) -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
