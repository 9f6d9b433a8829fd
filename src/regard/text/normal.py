"""The one normal form of a string before it is cut into pieces, and the escaping of the space mark.

Normal form is Unicode NFC and nothing else: "½" stays "½", a narrow no-break space stays one, spaces are never merged.
Inside pieces a space is written "▁" (U+2581), so a "▁" that a user typed is escaped, as is the escape character itself.
"""

import re
import unicodedata
from typing import Final

from regard.errors import TextError

SPACE_MARK: Final = "\u2581"
ESCAPE: Final = "\ue000"  # two private-use characters, which no script needs
MARK_ESCAPED: Final = "\ue001"

_TO_ESCAPE: Final = re.compile(f"[{ESCAPE}{SPACE_MARK}]")
_ESCAPED: Final = re.compile(f"{ESCAPE}([{ESCAPE}{MARK_ESCAPED}])")
_LONG_TEXT_CHARACTERS: Final = 2_000


def normalise(text: str) -> str:
    """Brings a string to Unicode NFC; this is the form that decoding gives back.

    Raises:
        TextError: the string has a lone surrogate, which is no character.
    """
    _refuse_surrogates(text)
    if text.isascii():
        return text
    if len(text) > _LONG_TEXT_CHARACTERS:
        text = _in_canonical_order(text)
    return unicodedata.normalize("NFC", text)


def escape(text: str) -> str:
    """Makes room for "▁" as the space mark: a typed "▁" becomes a pair of private-use characters."""
    return _TO_ESCAPE.sub(lambda found: ESCAPE + (ESCAPE if found[0] == ESCAPE else MARK_ESCAPED), text)


def unescape(text: str) -> str:
    """Undoes ``escape``; a stray escape character, which only a model can produce, stays as it is."""
    return _ESCAPED.sub(lambda found: ESCAPE if found[1] == ESCAPE else SPACE_MARK, text)


def ends_inside_escape(text: str) -> bool:
    """Whether the last character opens a pair that is not closed yet."""
    return (len(text) - len(text.rstrip(ESCAPE))) % 2 == 1


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TextError(
            f"the text holds a lone surrogate, U+{ord(text[error.start]):04X}, as character {error.start + 1}: half of "
            "a character cannot be translated; read the text as UTF-8, or repair the program that cut it"
        ) from None


def _in_canonical_order(text: str) -> str:
    """Sorts runs of combining marks, which ``unicodedata`` does in quadratic time: 60,000 marks take seconds there."""
    ordered: list[str] = []
    marks: list[str] = []
    for character in _decomposed(text):
        if unicodedata.combining(character):
            marks.append(character)
            continue
        ordered.extend(sorted(marks, key=unicodedata.combining))
        marks.clear()
        ordered.append(character)
    ordered.extend(sorted(marks, key=unicodedata.combining))
    return "".join(ordered)


def _decomposed(text: str) -> str:
    """The canonical decomposition of each character by itself, marks not yet in order."""
    decomposed = {character: unicodedata.normalize("NFD", character) for character in set(text)}
    return "".join([decomposed[character] for character in text])
