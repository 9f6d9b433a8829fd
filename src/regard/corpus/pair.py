"""One sentence pair, the unit every reader yields."""

from dataclasses import dataclass
from typing import Final

_MARK: Final = "\ufeff"  # a byte order mark; inside a file, nothing that anybody sees


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pair was read: the source side's file, and the line or record, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A source sentence, its translation, and where both come from."""

    source: str
    target: str
    origin: Origin

    @property
    def is_whole(self) -> bool:
        """Whether both sides say something."""
        return bool(said(self.source) and said(self.target))


def said(sentence: str) -> str:
    """What a sentence says: all of it but byte order marks, and white space around it; nothing if it is blank."""
    return sentence.replace(_MARK, "").strip()
