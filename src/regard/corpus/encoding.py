"""Guesses which encoding was meant when bytes are not UTF-8, so that the message can say how to repair the file."""

from pathlib import Path
from typing import Final

from regard.errors import CorpusError

_CANDIDATES: Final = ("windows-1252", "macintosh", "cp850")
_EXPECTED: Final = frozenset("àâäçèéêëîïôöùûüÿœæÀÂÇÈÉÊËÎÏÔÖÙÛÜŒÆßñáíóúÁÍÓÚ«»’‘“”–—…°€\u00a0")
_SIGNATURES: Final = (
    (b"\x1f\x8b", "it is packed by gzip; give its name the ending .gz"),
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"\xff\xfe", "it looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "it looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
)
_SHOWN_CHARACTERS: Final = 60


def not_decoded(path: Path, line: int, raw: bytes, error: UnicodeDecodeError, *, encoding: str) -> CorpusError:
    """The error for a line that is not in the encoding of its file; for what it takes, see ``not_utf8``."""
    if encoding == "utf-8":
        return not_utf8(path, line, raw, error)
    where = f"{path}, line {line}: not {encoding}, as the file says it is"
    return CorpusError(f"{where} (byte 0x{raw[error.start]:02X} at byte {error.start + 1} of the line); repair it")


def not_utf8(path: Path, line: int, raw: bytes, error: UnicodeDecodeError) -> CorpusError:
    """The error for a line that is not UTF-8.

    Args:
        path: the file.
        line: the number of the line, from 1.
        raw: the line's bytes, its line feed included if it has one.
        error: what decoding them said.
    """
    found = f"{path}, line {line}: not UTF-8 (byte 0x{raw[error.start]:02X} at byte {error.start + 1} of the line)"
    return CorpusError(f"{found}; {_hint(path, line, raw, error)}")


def _hint(path: Path, line: int, raw: bytes, error: UnicodeDecodeError) -> str:
    if line == 1:
        for signature, hint in _SIGNATURES:
            if raw.startswith(signature):
                return hint
    if error.reason == "unexpected end of data" and not raw.endswith(b"\n"):
        return "the file ends in the middle of a character, so it was cut short; copy it again"
    name = guess_encoding(raw)
    reading = raw.decode(name, "replace").strip()
    return (
        f"as {name} it would read {_around(reading)!r}; if that is right, convert the file with: "
        f"iconv -f {name} -t UTF-8 {path}"
    )


def guess_encoding(raw: bytes) -> str:
    """The encoding in which the non-ASCII bytes make the most letters and marks that French and its neighbours use."""

    def expected(name: str) -> int:
        foreign = [character for character in raw.decode(name, "replace") if not character.isascii()]
        return sum(1 if character in _EXPECTED else -1 for character in foreign)

    return max(_CANDIDATES, key=expected)  # the first of equals


def _around(reading: str) -> str:
    """A long line cut to the neighbourhood of its first unusual character."""
    first = next((place for place, character in enumerate(reading) if not character.isascii()), 0)
    start = max(0, first - _SHOWN_CHARACTERS // 2)
    shown = reading[start : start + _SHOWN_CHARACTERS]
    return shown if len(shown) == len(reading) else f"…{shown}…"
