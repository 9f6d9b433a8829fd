"""Where in an XML file a translation goes: into an element that is there, or into a new one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from regard.corpus.formats.unit import Edit
from regard.corpus.formats.xml_file import XmlText
from regard.corpus.formats.xml_tree import Element

_ATTRIBUTE: Final = re.compile(r"""\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Place:
    """Characters ``start`` to ``end`` make room for ``before``, a translation, and ``after``."""

    start: int
    end: int
    before: str = ""
    after: str = ""


def inside(text: XmlText, element: Element, **attributes: str | None) -> Place:
    """The content of an element; ``<target/>`` is opened. Attributes are set only where it has to be opened."""
    if not element.is_empty_tag:
        return Place(text.place(element.inside), text.place(element.until))
    opened = with_attributes(text.raw(element.start, element.end), attributes).removesuffix("/>").rstrip() + ">"
    name = re.match(r"<([^\s/>]+)", opened)
    assert name is not None, "a tag has a name"
    return Place(text.place(element.start), text.place(element.end), opened, f"</{name[1]}>")


def behind(text: XmlText, element: Element, tag: str, attributes: Mapping[str, str | None]) -> Place:
    """A new element behind another one, on a line of its own if that one has one."""
    at = text.place(element.end)
    name = _prefix(text.raw(element.start, element.inside)) + tag
    opened = with_attributes(f"<{name}>", attributes)
    return Place(at, at, f"{indentation(text, element)}{opened}", f"</{name}>")


def start_tag(text: XmlText, element: Element, attributes: Mapping[str, str | None]) -> Edit:
    """The start tag of an element with some attributes changed."""
    raw = text.raw(element.start, element.inside)
    return Edit(text.place(element.start), text.place(element.inside), with_attributes(raw, attributes))


def with_attributes(tag: str, attributes: Mapping[str, str | None]) -> str:
    """A start tag with attributes set, or taken away where the value is ``None``; what is the same stays as it is."""
    for name, value in attributes.items():
        written = "" if value is None else f" {name}={quoteattr(value)}"
        found = next((each for each in _ATTRIBUTE.finditer(tag) if each[1] == name), None)
        if found is not None:
            tag = tag[: found.start()] + written + tag[found.end() :]
        else:
            end = len(tag) - (2 if tag.endswith("/>") else 1)
            tag = tag[:end].rstrip() + written + tag[end:]
    return tag


def indentation(text: XmlText, element: Element) -> str:
    """A line break and the space before an element; nothing if it does not begin its line."""
    start = text.place(element.start)
    begin = text.content.rfind("\n", 0, start) + 1
    space = text.content[begin:start]
    line_end = "\r\n" if text.content[:begin].endswith("\r\n") else "\n"
    return f"{line_end}{space}" if begin and not space.strip() else ""


def _prefix(tag: str) -> str:
    """The prefix of a tag's name, as in ``<xlf:source>``."""
    name = re.match(r"<([^\s/>:]+:)", tag)
    return name[1] if name else ""
