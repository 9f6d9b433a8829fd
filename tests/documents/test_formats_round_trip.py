"""Every format: nothing translated leaves the very bytes; what is put in is read again as what was put in."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from regard.corpus import Reading
from regard.corpus.formats.unit import Edit, apply_edits, spoken
from regard.documents.opening import open_document
from regard.errors import CorpusError

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"
FILES = sorted(path.name for path in FORMATS.iterdir() if path.name != "film.fr.srt")
BOTH = Reading("en", "fr")
HARD = 'Été "x" \\ <y> & %s — ça'


@pytest.mark.parametrize("name", FILES)
def test_nothing_translated_changes_no_byte(name: str) -> None:
    assert open_document(FORMATS / name, BOTH).written({}) == (FORMATS / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_what_is_put_in_is_read_again(name: str, tmp_path: Path) -> None:
    opened = open_document(FORMATS / name, BOTH)
    missing = [number for number, unit in enumerate(opened.document.units) if unit.target is None]
    assert missing
    path = tmp_path / name
    path.write_bytes(opened.written({number: (f"{HARD} {number}",) for number in missing}))
    again = open_document(path, Reading("fr", "fr") if _has_one_language(name) else BOTH).document.units
    assert len(again) == len(opened.document.units)
    for number in missing:
        there = again[number].source if _has_one_language(name) else again[number].target
        assert there is not None
        assert _spoken(there) == f"{HARD} {number}"


def _has_one_language(name: str) -> bool:
    return Path(name).suffix in (".html", ".md", ".srt", ".vtt", ".json")


def _spoken(segment: tuple[object, ...]) -> str:
    """What a reader sees, tags of the file written out (Markdown and subtitles find some in plain signs)."""
    return "".join(part if isinstance(part, str) else getattr(part, "raw", "") for part in segment)


@pytest.mark.parametrize("name", FILES)
def test_overwriting_reaches_every_unit_that_is_not_final(name: str) -> None:
    opened = open_document(FORMATS / name, BOTH)
    numbers = [number for number, unit in enumerate(opened.document.units) if not unit.is_final]
    content = opened.written(dict.fromkeys(numbers, ("xyzzy",))).decode("utf-8")
    assert content.count("xyzzy") == len(numbers)


@pytest.mark.parametrize("name", ["memory.tmx", "strings.xlf", "strings2.xliff"])
def test_xml_stays_well_formed_with_its_comments(name: str) -> None:
    opened = open_document(FORMATS / name, BOTH)
    content = opened.written(dict.fromkeys(range(len(opened.document.units)), ("a < b & c",)))
    tree = etree.fromstring(content, etree.XMLParser(load_dtd=False, resolve_entities=False))
    before = etree.fromstring((FORMATS / name).read_bytes(), etree.XMLParser(load_dtd=False, resolve_entities=False))
    for kind in ("comment()", "*[local-name()='source']", "*[local-name()='note']", "*[local-name()='prop']"):
        assert _written(tree.xpath(f"//{kind}")) == _written(before.xpath(f"//{kind}"))


def _written(found: list[etree._Element]) -> list[bytes]:
    return [etree.tostring(element, with_tail=False) for element in found]


def test_catalogues_pass_the_check_of_gettext(needs_tool: Callable[[str], str], tmp_path: Path) -> None:
    msgfmt = needs_tool("msgfmt")
    opened = open_document(FORMATS / "messages.po", BOTH)
    units = opened.document.units
    path = tmp_path / "messages.po"
    path.write_bytes(opened.written({number: unit.source for number, unit in enumerate(units) if unit.target is None}))
    subprocess.run([msgfmt, "-c", "-f", "-o", str(tmp_path / "out.mo"), str(path)], check=True, capture_output=True)
    assert path.read_text("utf-8").count("#, fuzzy") == 5  # four new ones, and the one that was


def test_a_broken_format_string_is_seen_by_gettext(needs_tool: Callable[[str], str], tmp_path: Path) -> None:
    opened = open_document(FORMATS / "messages.po", BOTH)
    number = next(number for number, unit in enumerate(opened.document.units) if unit.formats == {"c-format"})
    path = tmp_path / "messages.po"
    path.write_bytes(opened.written({number: ("Supprimer %d ?",)}))
    command = [needs_tool("msgfmt"), "-c", "-f", "-o", str(tmp_path / "out.mo"), str(path)]
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_packed_files_stay_packed(tmp_path: Path) -> None:
    path = tmp_path / "messages.po.gz"
    path.write_bytes(gzip.compress((FORMATS / "messages.po").read_bytes()))
    assert gzip.decompress(open_document(path, BOTH).written({})) == (FORMATS / "messages.po").read_bytes()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "iso-8859-1"])
def test_xml_keeps_its_encoding(encoding: str, tmp_path: Path) -> None:
    text = (FORMATS / "memory.tmx").read_text("utf-8")
    text = text.replace('encoding="UTF-8"', 'encoding="iso-8859-1"' if encoding == "iso-8859-1" else "")
    path = tmp_path / "memory.tmx"
    path.write_bytes(text.encode(encoding))
    opened = open_document(path, BOTH)
    assert opened.written({}) == path.read_bytes()
    number = next(number for number, unit in enumerate(opened.document.units) if unit.target is None)
    written = opened.written({number: ("œuf é",)})
    etree.fromstring(written, etree.XMLParser(load_dtd=False))
    assert ("&#339;uf é" if encoding == "iso-8859-1" else "œuf é").encode(encoding).lstrip(
        b"\xff\xfe\xef\xbb\xbf"
    ) in written


@pytest.mark.parametrize("name", FILES)
def test_windows_line_ends_stay(name: str, tmp_path: Path) -> None:
    """The same targets, some of two lines, in both kinds of file: the same text but for the ends of its lines."""
    path = tmp_path / name
    path.write_bytes((FORMATS / name).read_bytes().replace(b"\n", b"\r\n"))
    opened, plain = open_document(path, BOTH), open_document(FORMATS / name, BOTH)
    assert opened.written({}) == path.read_bytes()
    assert len(opened.document.units) == len(plain.document.units)
    long = "One line that is longer than subtitles allow, if they are to be read"
    targets = {number: (f"{long} {number}.", "\nAnother line.") for number in range(len(plain.document.units))}
    written = opened.written(targets)
    assert written.count(b"\n") == written.count(b"\r\n")
    assert written.replace(b"\r\n", b"\n") == plain.written(targets)


def test_a_form_that_is_missing_gets_a_line_of_the_files_kind(tmp_path: Path) -> None:
    path = tmp_path / "m.po"
    path.write_bytes(b'msgid "a"\r\nmsgid_plural "b"\r\nmsgstr[0] ""\r\n')
    written = open_document(path, BOTH).written({0: ("c",), 1: ("d",)})
    assert written.endswith(b'\r\nmsgstr[0] "c"\r\nmsgstr[1] "d"\r\n')


def test_what_two_people_say_stays_in_place_behind_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    lines = ("1", "00:00:01,000 --> 00:00:02,000", "{\\an8}- One.", "- Two.", " -  Three.", "", "2")
    path.write_bytes("\r\n".join((*lines, "00:00:03,000 --> 00:00:04,000", "Four.", "")).encode())
    written = open_document(path, BOTH).written({0: ("Un.",), 1: ("Deux !",), 2: ("Trois",)})
    assert written == path.read_bytes().replace(b"One.", b"Un.").replace(b"Two.", b"Deux !").replace(
        b"Three.", b"Trois"
    )


def test_a_table_with_line_feeds_in_its_cells_keeps_them(tmp_path: Path) -> None:
    """As spreadsheets write them: rows end in a carriage return and a line feed, lines within a cell in a feed."""
    path = tmp_path / "t.csv"
    path.write_bytes(b'en,fr\r\n"One\ntwo",\r\n')
    assert open_document(path, BOTH).written({0: ("Un\ndeux",)}) == b'en,fr\r\n"One\ntwo","Un\ndeux"\r\n'


def test_what_is_said_of_an_obsolete_message_is_not_said_of_the_next(tmp_path: Path) -> None:
    path = tmp_path / "m.po"
    path.write_text('#, fuzzy\n#~ msgid "old"\n#~ msgstr "vieux"\n\nmsgid "Save"\nmsgstr ""\n', encoding="utf-8")
    written = open_document(path, BOTH).written({0: ("Garder",)}).decode()
    assert written.endswith('#~ msgstr "vieux"\n\n#, fuzzy\nmsgid "Save"\nmsgstr "Garder"\n')


def test_a_latin_catalogue_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "messages.po"
    text = (FORMATS / "messages.po").read_text("utf-8").replace("charset=UTF-8", "charset=ISO-8859-1")
    path.write_bytes(text.encode("iso-8859-1"))
    opened = open_document(path, BOTH)
    with pytest.raises(CorpusError, match=r"'œ', which does not exist in iso8859-1.*convert the file to UTF-8"):
        opened.written({1: ("œuf",)})


def test_overlapping_changes_are_refused() -> None:
    with pytest.raises(CorpusError, match="two changes overlap at character 1"):
        apply_edits("abc", [Edit(0, 2, "x"), Edit(1, 3, "y")])


def test_a_segment_is_read_aloud_in_one_line() -> None:
    assert spoken((" one\n two\t",)) == "one two"
