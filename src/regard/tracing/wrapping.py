"""Text in as many lines as it needs."""

from collections.abc import Iterable, Iterator

from regard.tracing.legible import display_width
from regard.tracing.table_text import HEADING, Paint


def prose(text: str, *, width: int) -> Iterator[str]:
    """A legible sentence, broken between words."""
    return wrapped(text.split(" "), " ", width=width, indent="")


def heading(text: str, *, width: int, paint: Paint) -> Iterator[str]:
    """A heading, broken between words."""
    return (paint(line, HEADING) for line in prose(text, width=width))


def wrapped(parts: Iterable[str], joint: str, *, width: int, indent: str = "  ") -> Iterator[str]:
    """Legible parts behind each other; later lines are indented, and a part longer than a line goes on in the next."""
    line = ""
    for part in parts:
        longer = f"{line}{joint}{part}" if line else part
        if line and display_width(longer) > width:
            yield line
            longer = f"{indent}{part}"
        *full, line = _broken(longer, width, indent)
        yield from full
    if line:
        yield line


def _broken(line: str, width: int, indent: str) -> list[str]:
    """The line in pieces that fit, the last one perhaps short."""
    pieces = [""]
    for character in line:
        if display_width(pieces[-1] + character) > width:
            pieces.append(indent)
        pieces[-1] += character
    return pieces
