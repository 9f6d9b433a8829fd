"""gettext catalogues: PO and POT, with contexts, plurals, and fuzzy translations that nobody relies on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regard.corpus.files import open_bytes
from regard.corpus.formats.plural import PluralRule, plural_rule_of, rule_for
from regard.corpus.formats.po_entries import Literal, PoEntry, po_entries
from regard.corpus.formats.reading import AS_STATED, Reading, require_language
from regard.corpus.formats.stated_encoding import known_encoding
from regard.corpus.formats.unit import Document, Edit, Segment, Tag, Unit, in_one_line
from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_CHARSET: Final = re.compile(rb'"Content-Type:[^"]{0,80}?charset=([A-Za-z0-9._-]{1,40})')
_HEADER_BYTES: Final = 1 << 16
_LANGUAGE: Final = re.compile(r"^Language: *([A-Za-z]{2,3}(?:[-_@][A-Za-z0-9]+)*)", re.MULTILINE)
_ESCAPES: Final = str.maketrans(
    {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\v": "\\v",
    }
)
_FORMAT: Final = re.compile(r"^(?!no-)[a-z-]+-format$")


def read_po(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The translated messages of a catalogue, in order; of plurals the first form with the singular, the others with
    the plural. Fuzzy and untranslated ones are pairs with a blank side.

    Raises:
        CorpusError: the file is damaged or cut, or in another language than asked for.
    """
    with open_bytes(path) as file:
        encoding = po_encoding(path, file.read(_HEADER_BYTES))
    form_for_one = 0
    for entry in po_entries(path, read_lines(path, encoding=encoding)):
        if entry.is_header:
            _check_header(path, entry, reading)
            rule = plural_rule_of(path, entry.value("msgstr"))
            form_for_one = rule.form_for_one if rule else 0
        else:
            yield from _pairs(path, entry, form_for_one)


def po_encoding(path: Path, beginning: bytes) -> str:
    """The encoding that a catalogue's header states; UTF-8 if it says nothing.

    Raises:
        CorpusError: it states one that is not known.
    """
    found = _CHARSET.search(beginning)
    name = found[1].decode("ascii").lower() if found else "utf-8"
    if name in ("charset", "utf-8", "utf8"):
        return "utf-8"
    return known_encoding(path, name)


def po_document(path: Path, content: str, reading: Reading) -> Document:
    """A catalogue to be filled. Every plural form is a unit of its own, by the rule of the target language.

    Args:
        path: what to call the file in messages.
        content: its text.
        reading: both languages.

    Raises:
        CorpusError: the file is damaged or cut, or for another language.
    """
    entries = list(po_entries(path, _lines(content)))
    header = next((entry for entry in entries if entry.is_header), None)
    facts = "" if header is None else header.value("msgstr")
    if header is not None:
        _check_header(path, header, reading)
    language = reading.target_language or ""
    rule = plural_rule_of(path, facts) or rule_for(language)
    units = [unit for entry in entries if not entry.is_header for unit in _units(entry, rule)]
    if not units:
        raise CorpusError(f"{path} holds no message to translate")
    marks = () if header is None else _header_edits(header.strings["msgstr"], language, rule)
    return Document(content, tuple(units), po_spelled, marks)


def po_spelled(segment: Segment) -> str:
    """A segment as a string of a catalogue; one with line breaks has a line of the file for each."""
    text = "".join(part.raw if isinstance(part, Tag) else part for part in segment)
    lines = re.findall(r"[^\n]*\n|[^\n]+", text) if "\n" in text.rstrip("\n") else [text]
    quoted = [f'"{line.translate(_ESCAPES)}"' for line in lines]
    return quoted[0] if len(quoted) == 1 else "\n".join(['""', *quoted])


def language_of(header: PoEntry) -> str | None:
    """The language that a catalogue's header states."""
    stated = _LANGUAGE.search(header.value("msgstr"))
    return stated[1] if stated else None


def _lines(content: str) -> list[str]:
    """Lines with their line feeds, which are what ends a line, and nothing else."""
    return [f"{line}\n" for line in content.split("\n")]


def _check_header(path: Path, header: PoEntry, reading: Reading) -> None:
    require_language(path, "target", stated=language_of(header), wanted=reading.target_language)


def _pairs(path: Path, entry: PoEntry, form_for_one: int) -> Iterator[Pair]:
    origin = Origin(str(path), entry.strings["msgid"].line)
    is_plural = "msgid_plural" in entry.strings
    for form, literal in enumerate(entry.translations()):
        source = entry.value("msgid_plural" if is_plural and form != form_for_one else "msgid")
        yield Pair(in_one_line(source), "" if entry.is_fuzzy else in_one_line(literal.value), origin)


def _units(entry: PoEntry, rule: PluralRule) -> Iterator[Unit]:
    is_plural = "msgid_plural" in entry.strings
    marks = [] if entry.is_fuzzy else [_fuzzy(entry)]
    marks += _surplus(entry, rule) if is_plural else []
    for form in range(rule.num_forms if is_plural else 1):
        is_for_several = is_plural and form != rule.form_for_one
        start, end, before, there = _slot(entry, form)
        yield Unit(
            line=entry.strings["msgid"].line,
            source=(entry.value("msgid_plural" if is_for_several else "msgid"),),
            target=(there,) if there else None,
            start=start,
            end=end,
            before=before,
            marks=tuple(marks),
            context=entry.value("msgctxt"),
            formats=frozenset(filter(_FORMAT.match, entry.flags)),
        )


def _slot(entry: PoEntry, form: int) -> tuple[int, int, str, str]:
    """Where a form is written, what comes before it there, and what stands there."""
    translations = entry.translations()
    if form < len(translations):
        literal = translations[form]
        return literal.start, literal.end, "", literal.value
    end = translations[-1].end
    return end, end, f"\nmsgstr[{form}] ", ""


def _surplus(entry: PoEntry, rule: PluralRule) -> list[Edit]:
    """Takes away forms that the language does not have, as in a template, if nothing stands in them."""
    translations = entry.translations()
    surplus = translations[rule.num_forms :]
    if not surplus or any(literal.value for literal in surplus):
        return []
    return [Edit(translations[rule.num_forms - 1].end, surplus[-1].end, "")]


def _fuzzy(entry: PoEntry) -> Edit:
    """The flag that says: a person has to look at this."""
    if entry.flags_start is not None:
        return Edit(entry.flags_start, entry.flags_start, " fuzzy,")
    return Edit(entry.begin, entry.begin, "#, fuzzy\n")


def _header_edits(header: Literal, language: str, rule: PluralRule) -> tuple[Edit, ...]:
    """The header with the language and the rule of its plurals, where it leaves them open."""
    filled = re.sub(r"^Language: *\n", f"Language: {language}\n", header.value, flags=re.MULTILINE)
    filled = re.sub(
        r"^Plural-Forms: nplurals=INTEGER.*\n", f"Plural-Forms: {rule.written}\n", filled, flags=re.MULTILINE
    )
    filled = re.sub(r"(?<=charset=)CHARSET\b", "UTF-8", filled)
    return () if filled == header.value else (Edit(header.start, header.end, po_spelled((filled,))),)
