"""Translation memories in TMX 1.4: ``<tu>`` with one ``<tuv>`` per language."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.formats.reading import AS_STATED, Reading, best_fit, shown
from regard.corpus.formats.unit import Document, Edit, Unit, spoken
from regard.corpus.formats.xml_file import XmlText, stream_elements
from regard.corpus.formats.xml_place import behind, inside, start_tag
from regard.corpus.formats.xml_segment import no_raw, segment_of, spelled_in_xml
from regard.corpus.formats.xml_tree import Element
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_NAMES: Final = frozenset({"tu"})
_ANY: Final = "*all*"
_MACHINE: Final = "machine-translation"
_TOOL: Final[Mapping[str, str | None]] = MappingProxyType(
    {"creationtool": "regard", "creationid": _MACHINE, "changeid": None, "changedate": None}
)

Sides = Mapping[str, Element]
"""The ``<tuv>`` of each language of a unit."""


def read_tmx(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pairs of a memory, in order; a unit without one of the two languages is a pair with a blank side.
    So is one that a machine translated, until somebody changes it.

    Without languages in ``reading``: the source is what the header states, the target the other language of the first
    unit with two.

    Raises:
        CorpusError: the file is damaged, no memory, or does not hold the languages.
    """
    has_pair = False
    seen: set[str] = set()
    for element in stream_elements(path, _NAMES):
        if element.name != "tu":
            reading = _stated(path, reading, element)
            continue
        sides = _sides(element)
        seen.update(sides)
        reading = _completed(path, reading, sides)
        languages = (reading.source_language, reading.target_language)
        has_pair = has_pair or all(_text(sides, language) for language in languages)
        by_people = _by_people(sides)
        source, target = (_text(by_people, language) for language in languages)
        yield Pair(source, target, Origin(str(path), element.line))
    if not has_pair:
        raise CorpusError(_without_pairs(path, reading, seen))


def tmx_document(path: Path, content: str, reading: Reading) -> Document:
    """A memory to be filled: units that have the source language, whether or not they have the target.

    Args:
        path: what to call the file in messages.
        content: its text.
        reading: both languages.

    Raises:
        CorpusError: the file is damaged, no memory, or has nothing in the source language.
    """
    text = XmlText(path, content)
    units: list[Unit] = []
    seen: set[str] = set()
    for element in text.elements(_NAMES):
        if element.name != "tu":
            reading = _stated(path, reading, element)
            continue
        sides = _sides(element)
        seen.update(sides)
        reading = _completed(path, reading, sides)
        source = best_fit(sides, reading.source_language or "")
        if source is not None:
            units.append(_unit(text, element, sides, source, reading.target_language or ""))
    if not units:
        raise CorpusError(_without_pairs(path, reading, seen))
    return Document(content, tuple(units), spelled_in_xml, xml=True)


def _stated(path: Path, reading: Reading, element: Element) -> Reading:
    """What the elements around the units say."""
    if not element.above and element.name != "tmx":
        raise CorpusError(f"{path} is no translation memory: its first element is <{element.name}>, not <tmx>")
    source = element.attributes.get("srclang", _ANY)
    if element.name == "header" and reading.source_language is None and source.lower() != _ANY:
        return replace(reading, source_language=source)
    return reading


def _sides(unit: Element) -> Sides:
    found = {}
    for variant in unit.all("tuv"):
        language = variant.attributes.get("xml:lang") or variant.attributes.get("lang") or ""
        if language not in found and variant.child("seg") is not None:
            found[language] = variant
    return found


def _completed(path: Path, reading: Reading, sides: Sides) -> Reading:
    """The reading with both languages, as soon as a unit has two."""
    if (reading.source_language and reading.target_language) or len(sides) < 2:
        return reading
    source = reading.source_language
    if source is None:
        target = reading.target_language or "\0"
        source = next((language for language in sides if best_fit([language], target) is None), None)
    if source is None:
        return reading  # both are what is wanted as the target: "en-GB" and "en-US" for "en"
    others = [language for language in sides if best_fit([language], source) is None]
    if reading.target_language is None and len(others) != 1:
        raise CorpusError(
            f"{path} holds several languages ({shown(list(sides))}); say which with --source-language and "
            "--target-language"
        )
    return replace(reading, source_language=source, target_language=reading.target_language or others[0])


def _by_people(sides: Sides) -> Sides:
    return {language: variant for language, variant in sides.items() if _last_author(variant) != _MACHINE}


def _last_author(variant: Element) -> str | None:
    return variant.attributes.get("changeid", variant.attributes.get("creationid"))


def _text(sides: Sides, language: str | None) -> str:
    found = best_fit(sides, language) if language else None
    segment = None if found is None else sides[found].child("seg")
    return "" if segment is None else spoken(segment_of(segment, no_raw))


def _unit(text: XmlText, unit: Element, sides: Sides, source: str, target: str) -> Unit:
    sentence = segment_of(_segment(sides[source]), text.raw)
    found = best_fit(sides, target)
    if found is None:
        place, there = behind(text, sides[source], "tuv", {"xml:lang": target, **_TOOL}), None
        place = replace(place, before=f"{place.before}<seg>", after=f"</seg>{place.after}")
        marks: tuple[Edit, ...] = ()
    else:
        place, there = inside(text, _segment(sides[found])), segment_of(_segment(sides[found]), text.raw)
        marks = (start_tag(text, sides[found], _TOOL),)
    return Unit(
        line=unit.line,
        source=sentence,
        target=there if there and spoken(there) else None,
        start=place.start,
        end=place.end,
        before=place.before,
        after=place.after,
        marks=marks,
        context=unit.attributes.get("tuid", ""),
    )


def _segment(variant: Element) -> Element:
    segment = variant.child("seg")
    assert segment is not None, "_sides gives only variants with a segment"
    return segment


def _without_pairs(path: Path, reading: Reading, seen: set[str]) -> str:
    if not seen:
        return f"{path} holds no translation units (<tu>) to read"
    wanted = f"{reading.source_language or 'any language'} and {reading.target_language or 'another one'}"
    return (
        f"{path} has no unit in {wanted}; its languages are {shown(list(seen))}. Say which with --source-language and "
        "--target-language"
    )
