"""Any text, made safe to stand in a table of a terminal: nothing moves the cursor, and its width is known.

Tokens are data: they may hold escape sequences, text that runs from right to left, or characters that terminals draw
in different widths. What cannot be trusted is written as its number, ``<U+001B>``; the rest stays as it is.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

Side = Literal["left", "right"]

ELLIPSIS: Final = "…"
LEFT_TO_RIGHT_MARK: Final = "\u200e"

# Control, format (zero-width joiners, direction overrides), surrogate, private and unassigned characters; separators
# of lines and paragraphs; marks that enclose other characters.
_UNTRUSTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me"})
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_MOST_MARKS: Final = 3  # accents on one letter; a pile of them covers the lines above
_WIDTH_CHANGES: Final = {"W": 1, "F": 1}  # wide and full-width characters take two columns
_JAMO: Final = frozenset(map(chr, range(0x1160, 0x1200)))  # vowels and finals stand inside the syllable before them


def legible(text: str) -> str:
    """The text with everything untrusted written as its number.

    Words that run from right to left end with a mark, so that the columns behind them stay where they are.
    """
    escaped = "".join(map(_escaped, text, _marks_before(text)))
    return _bounded(escaped) if any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in escaped) else escaped


def display_width(text: str) -> int:
    """How many columns of a terminal a legible text takes."""
    if text.isascii():
        return len(text)
    width = len(text)
    for character in text:
        if character > "\x7f":
            if unicodedata.category(character) == "Mn" or character == LEFT_TO_RIGHT_MARK or character in _JAMO:
                width -= 1
            else:
                width += _WIDTH_CHANGES.get(unicodedata.east_asian_width(character), 0)
    return width


def fitted(text: str, width: int, side: Side = "left") -> str:
    """A legible text in exactly ``width`` columns: filled with spaces, or cut with an ellipsis."""
    shown = text if display_width(text) <= width else _cut(text, width)
    space = " " * (width - display_width(shown))
    return shown + space if side == "left" else space + shown


def _cut(text: str, width: int) -> str:
    kept, room = [], width - 1
    for character in text:
        room -= display_width(character)
        if room < 0:
            break
        kept.append(character)
    shown = ("".join(kept) + ELLIPSIS) if width > 0 else ""
    return _bounded(shown) if LEFT_TO_RIGHT_MARK in shown else shown


def _bounded(text: str) -> str:
    return f"{LEFT_TO_RIGHT_MARK}{text.strip(LEFT_TO_RIGHT_MARK)}{LEFT_TO_RIGHT_MARK}"


def _escaped(character: str, marks_before: int) -> str:
    return _number(character) if _is_untrusted(character) or marks_before >= _MOST_MARKS else character


def _marks_before(text: str) -> Iterator[int]:
    """For each accent, how many others the same letter has already; for every other character 0."""
    marks = 0
    for character in text:
        is_mark = unicodedata.category(character) == "Mn"
        yield marks if is_mark else 0
        marks = marks + 1 if is_mark else 0


def _is_untrusted(character: str) -> bool:
    return unicodedata.category(character) in _UNTRUSTED or _changes_width(character)


def _changes_width(character: str) -> bool:
    """Variation selectors and skin tones: terminals do not agree how wide they make the emoji before them."""
    return "\ufe00" <= character <= "\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff" or character >= "\U000e0000"


def _number(character: str) -> str:
    return f"<U+{ord(character):04X}>"
