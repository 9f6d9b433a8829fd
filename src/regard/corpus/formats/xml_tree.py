"""Small trees out of an XML file: the elements one asks for, one after the other, each whole."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

from regard.corpus.formats.xml_events import Event
from regard.errors import CorpusError

MOST_PARTS: Final = 200_000
LONGEST_TEXT: Final = 4 << 20


@final
@dataclass(slots=True)
class Element:
    """An element with its place: its start tag, its content, its end tag.

    Args:
        name: its name; of an instruction, which is an empty element here, with the "?" before it.
        attributes: as they are given, prefixes included ("xml:lang").
        line: counted from 1.
        start: where its start tag begins.
        inside: where its content begins.
        until: where its content ends.
        end: where its end tag ends.
        children: text, elements and instructions; comments are left out.
        above: the elements around it, the outermost first, without their children.
    """

    name: str
    attributes: Mapping[str, str]
    line: int
    start: int
    inside: int = 0
    until: int = 0
    end: int = 0
    children: "list[str | Element]" = field(default_factory=list)
    above: "tuple[Element, ...]" = ()

    def child(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next(self.all(name), None)

    def all(self, name: str) -> "Iterator[Element]":
        """The children of that name."""
        return (child for child in self.children if isinstance(child, Element) and child.name == name)

    def text(self) -> str:
        """What stands directly in it."""
        return "".join(child for child in self.children if isinstance(child, str))

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written as one tag: ``<target/>``."""
        return self.end == self.inside


def elements(path: Path, events: Iterable[Event], names: Collection[str]) -> Iterator[Element]:
    """The elements with one of these names, each with all that is in it; not those inside of another.

    Elements around them are given first, empty, so that their attributes can be seen.

    Raises:
        CorpusError: one of them is too large to be what it says.
    """
    return _Builder(path, names).build(events)


@final
class _Builder:
    def __init__(self, path: Path, names: Collection[str]) -> None:
        self._path = path
        self._names = names
        self._around: list[Element] = []
        self._open: list[Element] = []
        self._parts = 0
        self._characters = 0

    def build(self, events: Iterable[Event]) -> Iterator[Element]:
        for event in events:
            if event.kind == "start":
                yield from self._start(event)
            elif event.kind == "end":
                yield from self._end(event)
            elif self._open and event.kind == "text":
                self._count(event)
                _append(self._open[-1].children, event.text)
            elif self._open and event.kind == "instruction":
                self._count(event)
                self._open[-1].children.append(_instruction(event))

    def _start(self, event: Event) -> Iterator[Element]:
        element = Element(event.name, event.attributes, event.line, event.start, event.end)
        if self._open or event.name in self._names:
            if not self._open:
                self._parts = self._characters = 0
                element.above = tuple(self._around)
            self._open.append(element)
            self._count(event)
        else:
            self._around.append(element)
            element.above = tuple(self._around[:-1])
            yield element

    def _end(self, event: Event) -> Iterator[Element]:
        if not self._open:
            self._around.pop()
            return
        element = self._open.pop()
        element.until, element.end = event.start, event.end
        if event.start == element.inside and event.end == event.start:
            element.until = element.end = element.inside  # <target/>: its end is nowhere
        if self._open:
            self._open[-1].children.append(element)
        else:
            yield element

    def _count(self, event: Event) -> None:
        self._parts += 1
        self._characters += len(event.text) + sum(map(len, event.attributes.values()))
        if self._parts > MOST_PARTS or self._characters > LONGEST_TEXT:
            first = self._open[0]
            raise CorpusError(
                f"{self._path}, line {first.line}: this <{first.name}> has more than {MOST_PARTS:,} parts or "
                f"{LONGEST_TEXT >> 20} Mi characters, which no sentence has"
            )


def _instruction(event: Event) -> Element:
    return Element(f"?{event.name}", event.attributes, event.line, event.start, event.end, event.end, event.end)


def _append(children: list[str | Element], text: str) -> None:
    if children and isinstance(children[-1], str):
        children[-1] += text
    else:
        children.append(text)
