"""gettext catalogues, read entry by entry: what stands where, nothing interpreted beyond the strings.

What a cut file looks like is an error here: a string without its end, a message without its translation.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

from regard.errors import CorpusError

_KEYWORD: Final = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d{1,3})\])?)[ \t]*(?=\")")
_STRING: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"[ \t]*')  # possessive: nothing is remembered to go back to
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)")
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LONGEST_ENTRY: Final = 4 << 20


@final
@dataclass(slots=True)
class Literal:
    """One string of an entry: its value, and the characters from its first to its last quotation mark."""

    value: str
    start: int
    end: int
    line: int


@final
@dataclass(slots=True)
class PoEntry:
    """One message.

    Args:
        line: where it begins, comments included; counted from 1.
        begin: its first keyword, or the first ``#|`` before it: where a line of flags would go.
        flags: of its ``#,`` lines.
        flags_start: where the flags of the first ``#,`` line begin; ``None`` if it has none.
        strings: by keyword: "msgctxt", "msgid", "msgid_plural", "msgstr", "msgstr[0]" …
    """

    line: int
    begin: int = -1
    flags: tuple[str, ...] = ()
    flags_start: int | None = None
    strings: dict[str, Literal] = field(default_factory=dict)

    @property
    def is_fuzzy(self) -> bool:
        """Whether a person has to look at the translation before it is used."""
        return "fuzzy" in self.flags

    @property
    def is_header(self) -> bool:
        """Whether it is the entry with facts about the catalogue."""
        return "msgctxt" not in self.strings and self.value("msgid") == ""

    def value(self, keyword: str) -> str:
        """The string of a keyword; empty if there is none."""
        return self.strings[keyword].value if keyword in self.strings else ""

    def translations(self) -> list[Literal]:
        """The strings of ``msgstr``, or of all plural forms in their order."""
        if "msgstr" in self.strings:
            return [self.strings["msgstr"]]
        return [literal for keyword, literal in self.strings.items() if keyword.startswith("msgstr[")]


def po_entries(path: Path, lines: Iterable[str]) -> Iterator[PoEntry]:
    """The messages of a catalogue, in order, the header among them; obsolete ones (``#~``) are left out.

    Args:
        path: what to call the file in messages.
        lines: its lines, with their line ends.

    Raises:
        CorpusError: the file is cut or damaged; with the line.
    """
    return _Reader(path).read(lines)


@final
class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0
        self._entry: PoEntry | None = None
        self._literal: Literal | None = None

    def read(self, lines: Iterable[str]) -> Iterator[PoEntry]:
        start = 0
        for self._line, line in enumerate(lines, start=1):
            yield from self._take(line, start)
            start += len(line)
        yield from self._finish()

    def _take(self, line: str, start: int) -> Iterator[PoEntry]:
        content = line.strip(" \t\r\n\ufeff")
        column = start + (line.index(content) if content else 0)
        if not content or content.startswith("#"):
            if self._entry is not None and self._entry.strings:
                yield from self._finish()
            if content:
                self._comment(content, column)
        elif content.startswith('"'):
            self._continue(content, column)
        else:
            yield from self._keyword(content, column)

    def _comment(self, content: str, column: int) -> None:
        if content.startswith("#~"):
            self._entry = None  # what the lines before say is said of the obsolete message
            return
        entry = self._entry = self._entry or PoEntry(self._line)
        if content.startswith("#,"):
            entry.flags += tuple(flag.strip() for flag in content[2:].split(",") if flag.strip())
            if entry.flags_start is None:
                entry.flags_start = column + 2
        elif content.startswith("#|") and entry.begin < 0:
            entry.begin = column

    def _keyword(self, content: str, column: int) -> Iterator[PoEntry]:
        found = _KEYWORD.match(content)
        if found is None:
            raise self._error(f"msgid, msgstr or a comment is expected, but there is {content[:40]!r}")
        keyword = found[1]
        if self._entry is not None and keyword in ("msgctxt", "msgid") and "msgid" in self._entry.strings:
            yield from self._finish()
        entry = self._entry = self._entry or PoEntry(self._line)
        if keyword in entry.strings:
            raise self._error(f"a second {keyword} in one message")
        entry.begin = column if entry.begin < 0 else entry.begin
        value = self._string(content[found.end() :])
        self._literal = Literal(value, column + found.end(), column + len(content), self._line)
        entry.strings[keyword] = self._literal

    def _continue(self, content: str, column: int) -> None:
        if self._literal is None:
            raise self._error("a string stands here without msgid or msgstr before it")
        self._literal.value += self._string(content)
        self._literal.end = column + len(content)
        if len(self._literal.value) > _LONGEST_ENTRY:
            raise self._error(f"a message is longer than {_LONGEST_ENTRY >> 20} Mi characters")

    def _string(self, quoted: str) -> str:
        found = _STRING.fullmatch(quoted)
        if found is None:
            raise self._error(
                f"a string in quotation marks is expected, but there is {quoted[:40]!r}; is the file cut?"
            )
        return _ESCAPE.sub(_meaning, found[1]) if "\\" in found[1] else found[1]

    def _finish(self) -> Iterator[PoEntry]:
        entry, self._entry, self._literal = self._entry, None, None
        if entry is None or not entry.strings:
            return
        self._require_whole(entry)
        yield entry

    def _require_whole(self, entry: PoEntry) -> None:
        if "msgid" not in entry.strings:
            raise self._error(f"the message from line {entry.line} on has no msgid")
        plural = "msgid_plural" in entry.strings
        found = {keyword for keyword in entry.strings if keyword.startswith("msgstr")}
        expected = {f"msgstr[{number}]" for number in range(max(len(found), 1))} if plural else {"msgstr"}
        if found != expected:
            wanted = "msgstr[0], msgstr[1] …" if plural else "one msgstr"
            raise self._error(
                f"the message from line {entry.line} on needs {wanted}, but has {', '.join(sorted(found)) or 'none'}; "
                "is the file cut?"
            )

    def _error(self, what: str) -> CorpusError:
        return CorpusError(f"{self._path}, line {self._line}: {what}")


def _meaning(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped[0] in "01234567":
        return chr(int(escaped, 8))
    if escaped[0] == "x" and len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _LETTERS.get(escaped, escaped)
