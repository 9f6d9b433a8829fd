"""A mask as one SVG file: hatched where a query may not look, with a mark, so that nothing is said by colour alone."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final

from regard.attention.drawing.heads import Codes, codes_by_head
from regard.attention.marks import legend, mark, words
from regard.attention.mask import Mask
from regard.attention.reason import Reason

CELL: Final = 22
LEFT, RIGHT, TITLE, HEAD, GAP = 64, 24, 34, 48, 20
_NARROWEST: Final = 340
_CHARACTER: Final = 8.5  # of the title, in pixels, rather too wide than too narrow
# What no XML file may hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

INK: Final = "#757b82"
OPEN: Final = "#2f7fd0"

# One hatching per mark: a path in a square of 8 by 8.
_HATCHINGS: Final = {
    Reason.PADDING: "M0 4h8",
    Reason.FUTURE: "M0 8L8 0",
    Reason.PREFIX: "M4 0v8",
    Reason.WINDOW: "M0 0L8 8",
    Reason.SEGMENT: "M2 0v8M6 0v8",
    Reason.SWITCHED_OFF: "M0 0L8 8M0 8L8 0",
    Reason.OTHER_HYPOTHESIS: "M0 2h8M0 6h8",
}


def mask_svg(mask: Mask, length: int, *, title: str, row: int = 0) -> str:
    """The mask on a sentence of ``length`` positions, one panel per head where heads differ.

    The file has a title and a description in words, and each run of cells says why it is dark.

    Raises:
        ShapeError: there is no such ``row``, or the mask was made for another length.
    """
    title = _readable(title)
    heads = codes_by_head(mask, length, row=row)
    codes = sorted({code for head in heads for line in head for code in line})
    keys = list(_legend(codes))
    panel = HEAD + CELL * length + GAP
    below = TITLE + panel * len(heads)
    width = max(LEFT + CELL * length + RIGHT, round(24 + _CHARACTER * len(title)), _NARROWEST)
    height = below + CELL * len(keys) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_described(heads))}</desc>',
        f"<defs>{''.join(map(_pattern, _HATCHINGS))}</defs>",
        f'<text x="12" y="24" font-size="14" font-weight="600">{escape(title)}</text>',
        *(part for number, head in enumerate(heads) for part in _panel(head, TITLE + panel * number, number, heads)),
        *(f'<g transform="translate(12 {below + CELL * number})">{key}</g>' for number, key in enumerate(keys)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _readable(title: str) -> str:
    """The title in one line, with a replacement character for each that would make the file unreadable."""
    return _FORBIDDEN.sub("\ufffd", " ".join(title.split()))


def _panel(codes: Codes, top: int, number: int, heads: list[Codes]) -> Iterator[str]:
    """The cells of one head, with positions along both sides."""
    label = f"head {number}: " if len(heads) > 1 else ""
    yield f'<text x="12" y="{top + 14}">{label}rows are queries (who looks), columns are keys</text>'
    yield f'<g transform="translate({LEFT} {top + HEAD})">'
    places = " ".join(str(CELL * key + CELL // 2) for key in range(len(codes)))
    yield from (_label(key, CELL * key + CELL // 2, -8, "middle") for key in _labelled(len(codes)))
    for query, line in enumerate(codes):
        if query in _labelled(len(codes)):
            yield _label(query, -8, CELL * query + 15, "end")
        yield from _runs(query, line)
        marks = escape("".join(map(mark, line)))
        yield f'<text x="{places}" y="{CELL * query + 15}" text-anchor="middle">{marks}</text>'
    yield "</g>"


def _runs(query: int, codes: list[int]) -> Iterator[str]:
    """Neighbouring cells with the same reasons as one rectangle that says why."""
    key = 0
    for code, group in groupby(codes):
        count = len(list(group))
        keys = f"key {key}" if count == 1 else f"keys {key} to {key + count - 1}"
        said = f"query {query}, {keys}: {words(code)}"
        yield (
            f'<rect x="{CELL * key}" y="{CELL * query}" width="{CELL * count}" height="{CELL}" stroke="{INK}" '
            f"{_filling(code)}><title>{escape(said)}</title></rect>"
        )
        key += count


def _filling(code: int) -> str:
    if code == 0:
        return f'fill="{OPEN}" fill-opacity="0.18"'
    return f'fill="url(#{next(reason.name or "" for reason in _HATCHINGS if reason & code).lower()})"'


def _pattern(reason: Reason) -> str:
    return (
        f'<pattern id="{(reason.name or "").lower()}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="{_HATCHINGS[reason]}" stroke="{INK}" stroke-opacity="0.45" fill="none"/></pattern>'
    )


def _label(position: int, x: int, y: int, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{position}</text>'


def _labelled(length: int) -> range:
    """All positions, or every fifth of many."""
    return range(0, length, 1 if length <= 20 else 5)


def _legend(codes: list[int]) -> Iterator[str]:
    """One line per mark in the picture: the filling, the mark and what it means."""
    drawn = {mark(code) for code in codes}
    for code in (code for code in (0, *map(int, _HATCHINGS)) if mark(code) in drawn):
        yield (
            f'<rect width="{CELL}" height="16" stroke="{INK}" {_filling(code)}/>'
            f'<text x="{CELL // 2}" y="12" text-anchor="middle">{mark(code)}</text>'
            f'<text x="{CELL + 8}" y="12">{words(code)}</text>'
        )


def _described(heads: list[Codes]) -> str:
    """The picture in words, for those who cannot see it."""
    cells = [code for codes in heads for line in codes for code in line]
    length, hidden = len(heads[0]), sum(code != 0 for code in cells)
    said = [f"{length} queries by {length} keys"] + ([f"{len(heads)} heads"] if len(heads) > 1 else [])
    reasons = legend(sorted(set(cells)))
    return f"{', '.join(said)}; {hidden} of {len(cells)} cells are hidden" + (f": {reasons}." if reasons else ".")
