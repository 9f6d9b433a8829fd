"""How values look in a terminal: durations, counts, and text that may hold anything."""

import unicodedata

_INVISIBLE = {"Cc", "Cs"}


def printable(text: str) -> str:
    """The text with control characters made harmless: what somebody wrote in a corpus cannot move the cursor."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _INVISIBLE else c for c in text)


def duration(seconds: int | float | None) -> str:
    """``1:05`` (minutes and seconds) or ``2:03:09``; ``-:--`` when it is not known."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def count(number: int | float) -> str:
    """``12,345``."""
    return f"{number:,.0f}"
