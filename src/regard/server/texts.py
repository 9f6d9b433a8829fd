"""A text as lines that can be translated, and the way back: what is no sentence stays as it was."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

_LINE: Final = re.compile(r"[^\r\n]+")


@final
@dataclass(frozen=True, slots=True)
class Pieces:
    """A text taken apart.

    Attributes:
        between: what stands before, between and after the lines; one more than there are lines.
        lines: what is translated, without space around it.
    """

    between: tuple[str, ...]
    lines: tuple[str, ...]

    def joined(self, translations: Sequence[str]) -> str:
        """The text with each line replaced."""
        parts = [self.between[0]]
        for translation, between in zip(translations, self.between[1:], strict=True):
            parts += translation, between
        return "".join(parts)


def split(text: str) -> Pieces:
    """Takes a text apart at its line ends; the space around lines is not translated."""
    between, lines, end = [], [], 0
    for found in _LINE.finditer(text):
        line = found[0].strip()
        if line:
            start = found.start() + found[0].index(line)
            between.append(text[end:start])
            lines.append(line)
            end = start + len(line)
    return Pieces((*between, text[end:]), tuple(lines))
