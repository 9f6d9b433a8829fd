"""Files of translation tools: XLIFF 1.2 (``<trans-unit>``) and XLIFF 2 (``<unit>`` with ``<segment>``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.formats.reading import AS_STATED, Reading, require_language
from regard.corpus.formats.unit import Document, Edit, Unit, spoken
from regard.corpus.formats.xml_file import XmlText, stream_elements
from regard.corpus.formats.xml_place import behind, inside, start_tag
from regard.corpus.formats.xml_segment import Raw, no_raw, segment_of, spelled_in_xml
from regard.corpus.formats.xml_tree import Element
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_NAMES: Final = frozenset({"trans-unit", "unit"})
_UNTRANSLATED: Final = frozenset({"new", "needs-translation", "needs-adaptation", "needs-l10n", "initial"})
_IN_DOUBT: Final = frozenset(
    {"needs-review-translation", "needs-review-adaptation", "needs-review-l10n", "x-fuzzy-match", "x-mt"}
)
_MARK_ONE: Final[Mapping[str, str | None]] = MappingProxyType(
    {"state": "needs-review-translation", "state-qualifier": "leveraged-mt"}
)
_MARK_TWO: Final[Mapping[str, str | None]] = MappingProxyType({"state": "translated", "subState": "regard:machine"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """One sentence: its elements, and what is said about them.

    ``holder`` carries the state: ``<target>`` in version 1.2 (``None`` where there is no target), ``<segment>`` in 2.
    """

    unit: Element
    source: Element
    target: Element | None
    holder: Element | None
    is_two: bool

    @property
    def state(self) -> str:
        return "" if self.holder is None else self.holder.attributes.get("state", "")

    @property
    def is_sure(self) -> bool:
        """Whether a person stands behind the translation. The mark of version 1.2 is a state in doubt already."""
        if self.target is None or self.holder is None or self.state in _UNTRANSLATED | _IN_DOUBT:
            return False
        return not self.holder.attributes.items() >= _MARK_TWO.items()


def read_xliff(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pairs of a file, in order. What has no translation yet, or one in doubt, is a pair with a blank side.

    Raises:
        CorpusError: the file is damaged, no XLIFF, has no unit, or is in other languages than asked for.
    """
    num_units = 0
    for element in stream_elements(path, _NAMES):
        if element.name not in _NAMES:
            _check_around(path, element, reading)
            continue
        num_units += 1
        for entry in _entries(element):
            target = _spoken(entry.target, no_raw) if entry.is_sure else ""
            yield Pair(_spoken(entry.source, no_raw), target, Origin(str(path), entry.source.line))
    if not num_units:
        raise CorpusError(f"{path} holds no <trans-unit> and no <unit> to read")


def xliff_document(path: Path, content: str, reading: Reading) -> Document:
    """A file to be filled. Units with ``translate="no"`` are not in it.

    Args:
        path: what to call the file in messages.
        content: its text.
        reading: both languages.

    Raises:
        CorpusError: the file is damaged, no XLIFF, has no unit, or is in other languages than asked for.
    """
    text = XmlText(path, content)
    units: list[Unit] = []
    marks: list[Edit] = []
    for element in text.elements(_NAMES):
        if element.name in _NAMES:
            units += [_unit(text, entry) for entry in _entries(element) if _is_translatable(element)]
        else:
            _check_around(path, element, reading)
            marks += _language(text, element, reading.target_language)
    if not units:
        raise CorpusError(f"{path} holds no <trans-unit> and no <unit> that may be translated")
    return Document(content, tuple(units), spelled_in_xml, tuple(marks), xml=True)


def _check_around(path: Path, element: Element, reading: Reading) -> None:
    if not element.above and element.name != "xliff":
        raise CorpusError(f"{path} is no XLIFF: its first element is <{element.name}>, not <xliff>")
    one, other = stated_by(element)
    require_language(path, "source", stated=one, wanted=reading.source_language)
    require_language(path, "target", stated=other, wanted=reading.target_language)


def stated_by(element: Element) -> tuple[str | None, str | None]:
    """The languages of source and target that an element states."""
    given = element.attributes
    return given.get("source-language", given.get("srcLang")), given.get("target-language", given.get("trgLang"))


def _language(text: XmlText, element: Element, target: str | None) -> list[Edit]:
    """States the target language where it is not stated."""
    source, stated = stated_by(element)
    if stated or not source or not target:
        return []
    return [
        start_tag(text, element, {"target-language" if "source-language" in element.attributes else "trgLang": target})
    ]


def _entries(unit: Element) -> Iterator[_Entry]:
    if unit.name == "trans-unit":
        source, target = unit.child("seg-source") or unit.child("source"), unit.child("target")
        if source is not None:
            yield _Entry(unit, source, target, target, is_two=False)
        return
    for segment in unit.all("segment"):
        source = segment.child("source")
        if source is not None:
            yield _Entry(unit, source, segment.child("target"), segment, is_two=True)


def _is_translatable(unit: Element) -> bool:
    """The nearest element that says anything about it decides."""
    said = (element.attributes.get("translate") for element in (unit, *reversed(unit.above)))
    return next((value for value in said if value is not None), "yes") != "no"


def _unit(text: XmlText, entry: _Entry) -> Unit:
    mark = _MARK_TWO if entry.is_two else _MARK_ONE
    marks: list[Edit] = [start_tag(text, entry.holder, mark)] if entry.is_two and entry.holder else []
    if entry.target is None:
        place = behind(text, entry.source, "target", {} if entry.is_two else mark)
    else:
        place = inside(text, entry.target, **({} if entry.is_two else mark))
        if not entry.is_two and not entry.target.is_empty_tag:
            marks.append(start_tag(text, entry.target, mark))
    has_target = entry.target is not None and entry.state not in _UNTRANSLATED and _spoken(entry.target, no_raw)
    return Unit(
        line=entry.source.line,
        source=segment_of(entry.source, text.raw),
        target=segment_of(entry.target, text.raw) if entry.target is not None and has_target else None,
        start=place.start,
        end=place.end,
        before=place.before,
        after=place.after,
        marks=tuple(marks),
        context=entry.unit.attributes.get("resname") or entry.unit.attributes.get("id", ""),
        is_final=entry.unit.attributes.get("approved") == "yes" or entry.state == "final",
    )


def _spoken(element: Element | None, raw: Raw) -> str:
    return "" if element is None else spoken(segment_of(element, raw))
