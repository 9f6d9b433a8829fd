"""The sentence in an XML element: text, and the tags in it, each kept as it was written."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape

from regard.corpus.formats.unit import Role, Segment, Tag
from regard.corpus.formats.xml_tree import Element

Raw = Callable[[int, int], str]
"""The characters of a file between two of its bytes."""

# What these hold is code of the file that was translated (TMX 1.4 and XLIFF 1.2), not text.
_CODES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "bpt": "open",
        "ept": "close",
        "bx": "open",
        "ex": "close",
        "sc": "open",
        "ec": "close",
        "sm": "open",
        "em": "close",
        "ph": "alone",
        "it": "alone",
        "ut": "alone",
        "x": "alone",
        "cp": "alone",
    }
)
_PAIRING: Final = ("startRef", "rid", "i", "id")
_LINE_BREAKS: Final = frozenset({"lb", "x-br", "br", "x-html-br", "fmt:lb"})


def segment_of(element: Element, raw: Raw) -> Segment:
    """The content of an element as text and tags."""
    return tuple(_parts(element, raw))


def spelled_in_xml(segment: Segment) -> str:
    """A segment as XML."""
    return "".join(escape(part) if isinstance(part, str) else part.raw for part in segment)


def no_raw(_start: int, _end: int) -> str:
    """For readers that need no tags, only the text between them."""
    return ""


def _parts(element: Element, raw: Raw) -> Iterator[str | Tag]:
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif child.name in _CODES or (not child.children and child.until == child.inside):
            yield Tag(raw(child.start, child.end), _role(child), _key(child))
        elif _stays(child):
            yield Tag(raw(child.start, child.end), words=_words(child))
        else:
            key = f"{child.name} at {child.start}"
            role: tuple[Role, Role] = (
                ("break", "break") if child.attributes.get("mtype") == "seg" else ("open", "close")
            )
            yield Tag(raw(child.start, child.inside), role[0], key)
            yield from _parts(child, raw)
            yield Tag(raw(child.until, child.end), role[1], key)


def _stays(element: Element) -> bool:
    """Whether nobody may translate it: ``<mrk translate="no">`` in XLIFF 2, ``<mrk mtype="protected">`` in 1.2."""
    return element.attributes.get("translate") == "no" or element.attributes.get("mtype") == "protected"


def _words(element: Element) -> str:
    return "".join(part if isinstance(part, str) else part.words for part in _parts(element, no_raw))


def _role(element: Element) -> Role:
    kinds = {element.attributes.get(name, "").casefold() for name in ("ctype", "type", "subType")}
    return "break" if kinds & _LINE_BREAKS else _CODES.get(element.name, "alone")


def _key(element: Element) -> str:
    return next((element.attributes[name] for name in _PAIRING if name in element.attributes), "")
