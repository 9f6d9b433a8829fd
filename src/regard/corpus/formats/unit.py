"""A file with something to translate in it: what stands where, and how a translation is put in its place.

A ``Document`` keeps the text of the file as it is. What is written back is that text with some spans replaced, so all
that lies between them is the same by construction.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from regard.errors import CorpusError

_BREAKS: Final = re.compile(r"(?:(?<! ) ++)?[\n\r\t]\s*")
_LINE_FEED: Final = re.compile(r"(?<!\r)\n")

Role = Literal["open", "close", "alone", "break"]


@dataclass(frozen=True, slots=True)
class Tag:
    """Markup inside a sentence, kept as it was written.

    Args:
        raw: the characters of the file.
        role: whether it opens something, closes it, stands alone, or ends a line ("break": no sentence goes across).
        key: what an opening and its closing tag share.
        words: what it says, if it holds words that nobody may translate.
    """

    raw: str
    role: Role = "alone"
    key: str = ""
    words: str = ""


Segment = tuple[str | Tag, ...]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters ``start`` to ``end`` (without) of a document become ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence or message of a document.

    Args:
        line: where it stands, counted from 1.
        source: what is to be translated.
        target: the translation that stands there; ``None`` where there is none yet.
        start: the first character of the document that a translation takes the place of.
        end: the first one behind.
        before: written before a translation, where the file has no place for it yet.
        after: written behind it.
        marks: what else changes when a machine's translation is put in.
        context: what tells the translator, or a reader of a list, which unit this is.
        formats: format strings that the file says this is one of, such as "c-format".
        is_final: never replaced, not even when asked to overwrite.
        spell: how a segment is written here, where that differs from the rest of the document.
    """

    line: int
    source: Segment
    target: Segment | None
    start: int
    end: int
    before: str = ""
    after: str = ""
    marks: tuple[Edit, ...] = ()
    context: str = ""
    formats: frozenset[str] = frozenset()
    is_final: bool = False
    spell: Callable[[Segment], str] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be translated in place.

    Args:
        content: its text.
        units: what it says, in the order of the file.
        spell: how a segment is written in this format.
        marks: what changes once if anything is translated, such as the language of the page.
        source_language: what the file says about it.
        target_language: what the file says about it.
        xml: whether a character that the file's encoding lacks can be written as a number.
    """

    content: str
    units: tuple[Unit, ...]
    spell: Callable[[Segment], str]
    marks: tuple[Edit, ...] = ()
    source_language: str | None = None
    target_language: str | None = None
    xml: bool = field(default=False)

    def filled(self, targets: Mapping[int, Segment]) -> str:
        """The text with translations in place, by the number of their unit; without any, the text as it is.

        Where every line ends in a carriage return and a line feed, new ones do too.
        """
        edits: set[Edit] = set(self.marks) if targets else set()
        for number, target in targets.items():
            unit = self.units[number]
            written = (unit.spell or self.spell)(target)
            edits.add(Edit(unit.start, unit.end, f"{unit.before}{written}{unit.after}"))
            edits.update(unit.marks)
        if self._has_windows_lines():
            edits = {replace(edit, text=_LINE_FEED.sub("\r\n", edit.text)) for edit in edits}
        return apply_edits(self.content, edits)

    def _has_windows_lines(self) -> bool:
        """Not so with line feeds among them: those may mean something, as within a cell of a table."""
        return 0 < self.content.count("\n") == self.content.count("\r\n")


def apply_edits(content: str, edits: Iterable[Edit]) -> str:
    """A text with some spans replaced.

    Raises:
        CorpusError: two spans overlap, so that the document is not what was thought.
    """
    pieces: list[str] = []
    behind = 0
    for edit in sorted(edits):
        if edit.start < behind:
            raise CorpusError(f"two changes overlap at character {edit.start:,}; nothing was written")
        pieces += (content[behind : edit.start], edit.text)
        behind = edit.end
    return "".join((*pieces, content[behind:]))


def line_counter(content: str) -> Callable[[int], int]:
    """A function that says on which line of a text a character stands, counted from 1."""
    ends = [found.start() for found in re.finditer("\n", content)]
    return lambda place: bisect_left(ends, place) + 1


def spoken(segment: Sequence[str | Tag]) -> str:
    """A segment as it would be read aloud: no tags but the words in them, one line."""
    return in_one_line("".join(part if isinstance(part, str) else _sounding(part) for part in segment))


def _sounding(tag: Tag) -> str:
    return " " if tag.role == "break" else tag.words


def has_letter(text: str) -> bool:
    """Whether there is anything to say aloud in a text."""
    return any(character.isalpha() for character in text)


def in_one_line(text: str) -> str:
    """Line breaks and tabs become one space each time, as a sentence of a corpus is one line; space around it goes."""
    return _BREAKS.sub(" ", text).strip()
