"""Reads XML piece by piece, with the place of everything, and refuses what is made to hurt.

Refused: declared entities and declared values of attributes (a few hundred bytes can become gigabytes), entities that
nobody declared, elements nested 200 deep, one tag or comment of 4 MiB, files that end in the middle. A document type
(``<!DOCTYPE tmx SYSTEM "tmx14.dtd">``) is fine: it is not read, and nothing outside the file ever is.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NoReturn, final
from xml.parsers import expat

from regard.errors import CorpusError

DEEPEST: Final = 200
LONGEST_TAG_BYTES: Final = 4 << 20
_BLOCK_BYTES: Final = 1 << 16
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WITHOUT_MARK: Final = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))

Kind = Literal["start", "end", "text", "instruction", "other"]


@dataclass(slots=True)
class Event:
    """Something in an XML file.

    Args:
        kind: the start or end of an element, text between, an instruction, or something else (a comment).
        name: of an element, without the prefix that the whole file uses; of an instruction.
        start: its first byte, counted in UTF-8.
        line: counted from 1.
        text: what the text says, entities resolved.
        attributes: of the start of an element.
        end: the first byte behind it.
    """

    kind: Kind
    name: str
    start: int
    line: int
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    end: int = 0


def encoding_of(beginning: bytes) -> str:
    """The encoding of an XML file, from its byte order mark or its declaration; UTF-8 if it says nothing."""
    for mark, name in _MARKS:
        if beginning.startswith(mark):
            return name
    for signature, name in _WITHOUT_MARK:
        if beginning.startswith(signature):
            return name
    declared = _DECLARED.match(beginning)
    return declared[1].decode("ascii").lower() if declared else "utf-8"


def xml_events(path: Path, blocks: Iterable[bytes]) -> Iterator[Event]:
    """The events of an XML file that is given as UTF-8, in order; memory does not grow with the file.

    Args:
        path: what to call the file in messages.
        blocks: its bytes.

    Raises:
        CorpusError: the file is not well-formed, is cut, or holds something that is refused.
    """
    scanner = _Scanner(path)
    held: Event | None = None  # an event ends where the next one begins
    for block in chain(_small(blocks), [b""]):
        for event in scanner.feed(block, is_last=not block):
            if held is not None:
                held.end = max(held.start, event.start)
                yield held
            held = event
    if held is not None:
        held.end = scanner.fed
        yield held


def _small(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for start in range(0, len(block), _BLOCK_BYTES):
            yield block[start : start + _BLOCK_BYTES]


@final
class _Scanner:
    """expat, with its events collected."""

    def __init__(self, path: Path) -> None:
        self.fed = 0
        self._path = path
        self._found: list[Event] = []
        self._depth = 0
        self._last = 0
        self._prefix: str | None = None
        parser = expat.ParserCreate(encoding="utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ProcessingInstructionHandler = lambda name, _: self._add("instruction", name)
        parser.EntityDeclHandler = self._refuse_entity
        parser.AttlistDeclHandler = self._refuse_attribute_value
        parser.SkippedEntityHandler = self._refuse_unknown_entity
        parser.DefaultHandler = lambda _: self._add("other", "")
        self._parser = parser

    def feed(self, block: bytes, *, is_last: bool) -> list[Event]:
        """The events that some more bytes complete."""
        self._found = []
        try:
            self._parser.Parse(block, is_last)
        except expat.ExpatError as error:
            raise self._not_well_formed(error) from None
        self.fed += len(block)
        if self.fed - self._last > LONGEST_TAG_BYTES:
            self._fail(f"one tag or comment is longer than {LONGEST_TAG_BYTES >> 20} MiB; is a > missing?")
        return self._found

    def _add(self, kind: Kind, name: str, text: str = "", attributes: dict[str, str] | None = None) -> None:
        parser = self._parser
        event = Event(kind, name, parser.CurrentByteIndex, parser.CurrentLineNumber, text)
        if attributes:
            event.attributes = attributes
        self._found.append(event)
        self._last = event.start

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(f"elements are nested more than {DEEPEST} deep, which no such file needs")
        if self._prefix is None:
            self._prefix = f"{name.rpartition(':')[0]}:" if ":" in name else ""
        self._add("start", self._local(name), attributes=attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._add("end", self._local(name))

    def _text(self, text: str) -> None:
        self._add("text", "", text)

    def _local(self, name: str) -> str:
        return name.removeprefix(self._prefix) if self._prefix else name

    def _refuse_entity(self, name: str, *_: object) -> None:
        self._fail(f"it declares the entity &{name};, and declared entities are not read; write the characters instead")

    def _refuse_attribute_value(self, element: str, name: str, _kind: str, value: str | None, *_: object) -> None:
        if value is not None:
            self._fail(
                f"it declares a value for the attribute {name} of every <{element}>, and declared values are not read; "
                "write the attribute where it belongs instead"
            )

    def _refuse_unknown_entity(self, name: str, is_parameter: int) -> None:
        if not is_parameter:
            self._fail(f"&{name}; is not declared in the file; write the character instead")

    def _fail(self, what: str) -> NoReturn:
        raise CorpusError(f"{self._path}, line {self._parser.CurrentLineNumber}: {what}")

    def _not_well_formed(self, error: expat.ExpatError) -> CorpusError:
        meaning = expat.errors.messages.get(error.code, "")
        what = expat.ErrorString(error.code)
        cut = meaning in _AT_THE_END or what in _AT_THE_END
        hint = "it ends in the middle, so it may be cut short; copy it again" if cut else "repair it there"
        return CorpusError(f"{self._path}, line {error.lineno}: this is not well-formed XML ({what}); {hint}")


_AT_THE_END: Final = frozenset(
    {
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    }
)
