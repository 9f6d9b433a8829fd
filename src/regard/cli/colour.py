"""Colours of a terminal, where there is one and its owner wants them. Without them every table says the same."""

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regard.tracing.table_text import Paint, Tone

# Background and text of 256-colour terminals, from nothing to all, each darker than the one before, so that they read
# the same in grey. Orange against blue is told apart by nearly all eyes; purple is neither.
_POSITIVE: Final = ((255, 16), (223, 16), (215, 16), (166, 231), (94, 231))
_NEGATIVE: Final = ((255, 16), (153, 16), (75, 16), (26, 231), (18, 231))
_SHARE: Final = ((255, 16), (183, 16), (141, 16), (97, 231), (54, 231))
_BOLD: Final = "1"
_GREY: Final = "38;5;244"
_WIDTH: Final = 80
_LEAST_WIDTH: Final = 40


def terminal_paint() -> "Paint":
    """Colours if standard output is a terminal; plain text in a file, a pipe, or where NO_COLOR is set."""
    from regard.tracing.table_text import plain

    return _coloured if _wants_colour() else plain


def terminal_width() -> int:
    """The columns of the terminal, or of ``COLUMNS``; 80 in a file or a pipe; at least 40."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(int(asked), _LEAST_WIDTH)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH, _LEAST_WIDTH)
    except (OSError, ValueError):  # no terminal, or a stream without a file
        return _WIDTH


def _wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _coloured(text: str, tone: "Tone") -> str:
    codes = _codes(tone)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes else text


def _codes(tone: "Tone") -> str:
    match tone.scale:
        case "heading":
            return _BOLD
        case "hidden":
            return _GREY
        case "sequential":
            return _filled(_SHARE, tone.level)
        case "diverging":
            return _filled(_POSITIVE if tone.level >= 0 else _NEGATIVE, abs(tone.level))
    return ""


def _filled(colours: tuple[tuple[int, int], ...], level: float) -> str:
    background, text = colours[min(round(level * (len(colours) - 1)), len(colours) - 1)]
    return f"48;5;{background};38;5;{text}"
