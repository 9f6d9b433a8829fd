"""Damaged and hostile files: a clear error in bounded time and memory, never a guess and never half of a file."""

import random
import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from regard.corpus import Reading, read_pairs
from regard.corpus.formats.xml_file import stream_elements
from regard.documents import open_document
from regard.errors import CorpusError, InputError

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"
BOTH = Reading("en", "fr")
HEAD = '<tmx version="1.4"><header srclang="en"/><body>'
UNIT = '<tu><tuv xml:lang="en"><seg>One</seg></tuv><tuv xml:lang="fr"><seg>Un</seg></tuv></tu>'
TAIL = "</body></tmx>"
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def pairs_of(path: Path) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in read_pairs(path, reading=BOTH)]


HOSTILE: dict[str, tuple[str, str, str]] = {
    "an entity bomb": ("a.tmx", f"<!DOCTYPE tmx [{BOMB}]>{HEAD}<tu>&e9;</tu>{TAIL}", "declares the entity &e0;"),
    "one declared entity": ("a.tmx", f'<!DOCTYPE tmx [<!ENTITY x "y">]>{HEAD}{UNIT}{TAIL}', "declares the entity &x;"),
    "an external entity": (
        "a.xlf",
        '<!DOCTYPE xliff [<!ENTITY x SYSTEM "file:///etc/passwd">]><xliff><file><body/></file></xliff>',
        "declares the entity &x;",
    ),
    "a parameter entity": ("a.tmx", f'<!DOCTYPE tmx [<!ENTITY % x "y"> %x;]>{HEAD}{UNIT}{TAIL}', "declares the entity"),
    "an unknown entity": (
        "a.tmx",
        f'<!DOCTYPE tmx SYSTEM "tmx14.dtd">{HEAD}{UNIT.replace("One", "One&nbsp;two")}{TAIL}',
        "&nbsp; is not declared",
    ),
    "an attribute for every element": (
        "a.tmx",
        f'<!DOCTYPE tmx [<!ATTLIST a x CDATA "{"y" * 50_000}">]>{HEAD}{"<a/>" * 16_000}{UNIT}{TAIL}',
        "it declares a value for the attribute x of every <a>",
    ),
    "a fixed attribute": (
        "a.xlf",
        '<!DOCTYPE xliff [<!ATTLIST a x CDATA #FIXED "y">]><xliff><file><body/></file></xliff>',
        "declares a value for the attribute x",
    ),
    "depth": ("a.tmx", f"{HEAD}{'<a>' * 200_000}", "nested more than 200 deep"),
    "a cut memory": ("a.tmx", f"{HEAD}{UNIT}<tu><tuv", "ends in the middle"),
    "a memory cut between units": ("a.tmx", f"{HEAD}{UNIT}", "ends in the middle"),
    "a cut XLIFF": ("a.xlf", '<xliff version="1.2"><file source-language="en"><body><trans-unit', "ends in the middle"),
    "crossing elements": ("a.tmx", f"{HEAD}<tu></tuv>{TAIL}", "not well-formed"),
    "another root": ("a.tmx", "<html><body/></html>", "is no translation memory: its first element is <html>"),
    "no XLIFF": ("a.xliff", "<tmx><body/></tmx>", "is no XLIFF: its first element is <tmx>"),
    "an endless unit": (
        "a.tmx",
        f'{HEAD}<tu><tuv xml:lang="en"><seg>{"long " * 1_000_000}</seg></tuv></tu>{TAIL}',
        "which no sentence has",
    ),
    "a lying encoding": ("a.tmx", '<?xml version="1.0" encoding="klingon"?><tmx/>', "encoding klingon is not known"),
    "a string that does not end": ("a.po", 'msgid "One\nmsgstr "Un"\n', "line 1: a string in quotation marks"),
    "a message without translation": (
        "a.po",
        'msgid "One"\nmsgstr "Un"\n\nmsgid "Two"\n',
        "needs one msgstr, but has none",
    ),
    "a cut plural": (
        "a.po",
        'msgid "One"\nmsgid_plural "Many"\n\nmsgid "Two"\nmsgstr "Deux"\n',
        r"needs msgstr\[0\], msgstr\[1\]",
    ),
    "no catalogue": ("a.po", "Good morning\n", "msgid, msgstr or a comment is expected, but there is 'Good morning'"),
    "a lonely string": ("a.po", '"One"\n', "without msgid or msgstr before it"),
    "a message twice": ("a.po", 'msgid "One"\nmsgstr "Un"\nmsgstr "Un"\n', "a second msgstr"),
    "a rule that computes": (
        "a.po",
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=__import__(1);\\n"\n\nmsgid "a"\nmsgstr "b"\n',
        "Plural-Forms is no rule",
    ),
    "a rule without end": (
        "a.po",
        f'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural={"(" * 300}n{")" * 300};\\n"\n\nmsgid "a"\nmsgstr "b"\n',
        "Plural-Forms is no rule",
    ),
    "another language": (
        "a.po",
        'msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "a"\nmsgstr "b"\n',
        "target language is de",
    ),
    "an unknown charset": (
        "a.po",
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=KLINGON\\n"\n',
        "encoding klingon is not known",
    ),
    "a cell that does not end": ("a.csv", 'en,fr\n"One,Un\n', "is a quotation mark missing, or the file cut"),
    "a missing cell": ("a.csv", "en,fr\nOne\n", "2 cells are expected"),
    "no such columns": ("a.csv", "x,y\nOne,Un\n", "say which hold source and target with --source-column"),
    "no MO": ("a.mo", "Good morning, this is no compiled catalogue", "is no compiled catalogue"),
    "a cut MO": ("a.mo", b"\xde\x12\x04\x95" + bytes(4) + b"\xff\xff\xff\x00" + bytes(16), "is it cut"),
}


@pytest.mark.guarantee(
    "Entity bombs, external entities, deep nesting and cut files are refused; a document type is fine",
    area="data",
    control="test_without_the_refusal_a_bomb_goes_off",
    reported="XML readers of translation files",
)
@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_hostile_file_is_refused(what: str, tmp_path: Path) -> None:
    name, content, message = HOSTILE[what]
    path = written(tmp_path, name, content)
    began = time.process_time()
    with pytest.raises(CorpusError, match=message) as raised:
        pairs_of(path)
    assert str(path) in str(raised.value)
    assert time.process_time() - began < 10


def test_without_the_refusal_a_bomb_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = '<!DOCTYPE tmx [<!ENTITY x "ha">]>' + HEAD + UNIT.replace("One", "&x;" * 3) + TAIL
    path = written(tmp_path, "a.tmx", small)
    for refusal in ("_refuse_entity", "_refuse_unknown_entity"):
        monkeypatch.setattr(f"regard.corpus.formats.xml_events._Scanner.{refusal}", lambda *_: None)
    with pytest.raises(CorpusError, match="no unit in en and fr"):  # what they stood for is lost without a word
        pairs_of(path)


def test_a_document_type_is_fine(tmp_path: Path) -> None:
    assert pairs_of(FORMATS / "memory.tmx")[0] == ("The house & the garden.", "La maison & le jardin.")
    declared = "<!ELEMENT seg (#PCDATA)> <!ATTLIST tuv creationid CDATA #IMPLIED xml:lang CDATA #REQUIRED>"
    path = written(tmp_path, "a.tmx", f'<!DOCTYPE tmx SYSTEM "tmx14.dtd" [{declared}]>{HEAD}{UNIT}{TAIL}')
    assert pairs_of(path) == [("One", "Un")]


def test_one_endless_tag_is_not_kept_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    with path.open("wb") as file:
        file.write(f'{HEAD}<tu x="'.encode())
        for _ in range(8):
            file.write(b"a" * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CorpusError, match="one tag or comment is longer than 4 MiB"):
        list(stream_elements(path, {"tu"}))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_a_unit_of_many_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regard.corpus.formats.xml_tree.MOST_PARTS", 100)
    path = written(tmp_path, "a.tmx", f"{HEAD}<tu>{'<x/>' * 101}</tu>{TAIL}")
    with pytest.raises(CorpusError, match="this <tu> has more than 100 parts"):
        pairs_of(path)


def test_a_memory_streams(tmp_path: Path) -> None:
    path = tmp_path / "big.tmx"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines(UNIT.replace("One", f"Number {number}") for number in range(1_500))
        file.write(TAIL)
    pairs = read_pairs(path, reading=BOTH)
    assert next(pairs).source == "Number 0"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in pairs) == 1_499
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


ODD = {
    "tags that open": ("a.html", "<p>one " + "<b>" * 20_000),
    "tags that close": ("a.html", "<p>one " + "</b>" * 20_000),
    "many sentences": ("a.html", "<p title='two'>one</p>\n" * 20_000),
    "backquotes": ("a.md", "one " + "`" * 20_000),
    "comments": ("a.html", "<p>one</p>" + "<!-- > -->" * 20_000 + "<!-->two" + "<!--->three"),
    "spaces where a table may begin": ("a.md", f"one|two\n{' ' * 100_000}x|"),
    "spaces where a table may end": ("a.md", f"one|two\n---{' ' * 200_000}x|"),
    "quotations in quotations": ("a.md", "one\n\n" + "> " * 50_000 + "two\n" + "> - " * 9 + "three\n" * 9_000),
    "definitions": ("a.md", "one\n\n" + "[two]: three\n" * 20_000),
    "fences in lists": ("a.md", "one\n" + "- ```\n" * 10_000),
    "code in a table": ("a.md", "one|two\n-|-\n" + "".join("`" * number + " " for number in range(1, 400)) + "|\n"),
    "rules of tables": ("a.md", "one|two\n-|-\n" + "-|-\n" * 20_000),
    "bars": ("a.md", "one" + "|" * 50_000 + "\n-|-\n" + "\\|" * 50_000),
    "hard spaces": ("a.html", f"<p>one{'&nbsp;' * 50_000}two{'&nbsp; ' * 50_000}</p>"),
    "PHP": ("a.html", "<p>one " + "<?php > " * 40_000),
    "spaces": ("a.md", "one " + " " * 20_000 + "x"),
    "spaces before a break": ("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\none{' ' * 20_000}x\ntwo\n"),
}


@pytest.mark.parametrize("what", sorted(ODD))
def test_odd_signs_take_no_longer_than_others(what: str, tmp_path: Path) -> None:
    name, content = ODD[what]
    path = written(tmp_path, name, content)
    began = time.process_time()
    assert open_document(path, BOTH).document.units
    assert time.process_time() - began < 12  # quadratic time took minutes


@pytest.mark.parametrize("begin", ["<!-- >", "<![CDATA[ >", "<! ", "<a x='"])
def test_what_begins_often_and_never_ends_is_refused_at_once(begin: str, tmp_path: Path) -> None:
    path = written(tmp_path, "a.html", "<p>one</p>\n" + begin * 40_001)
    began = time.process_time()
    with pytest.raises(CorpusError, match="line 2: a tag or a comment begins here and does not end; is the file cut"):
        open_document(path, BOTH)
    assert time.process_time() - began < 12


def test_comments_end_where_browsers_end_them(tmp_path: Path) -> None:
    path = written(tmp_path, "a.html", "<p>one<!-->two<!-- - > --!>three<!--->four<!---->five</p> <!-- > six -->")
    (unit,) = open_document(path, BOTH).document.units
    assert "".join(part for part in unit.source if isinstance(part, str)) == "onetwothreefourfive"


def test_sixteen_bits_without_a_mark_are_written_as_sixteen_bits(tmp_path: Path) -> None:
    memory = HEAD + UNIT.replace("Un<", "<") + TAIL
    path = written(tmp_path, "a.tmx", memory.encode("utf-16-le"))
    opened = open_document(path, BOTH)
    assert opened.written({}) == path.read_bytes()
    assert "<seg>dé</seg>" in opened.written({0: ("dé",)}).decode("utf-16-le")


def damaged(number: int) -> Iterator[tuple[str, bytes]]:
    """Files with something cut out, doubled, swapped or overwritten, by chance."""
    chance = random.Random(number)
    names = sorted(path.name for path in FORMATS.iterdir())
    for _ in range(number):
        name = chance.choice(names)
        content = bytearray((FORMATS / name).read_bytes())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(content))
            match chance.randrange(5):
                case 0:
                    del content[place:]
                case 1:
                    content[place : place + chance.randint(1, 60)] = b""
                case 2:
                    content[place:place] = content[place : place + 200] * chance.randint(1, 3)
                case 3:
                    content[place : place + 1] = bytes([chance.randrange(256)])
                case _:
                    content[place:place] = chance.choice(
                        (b"<", b'"', b"&", b"\0", b"\xff", b"{", b"\\", b"]]>", b"-->")
                    )
            if not content:
                content += b"x"
        yield name, bytes(content)


def test_three_hundred_damaged_files_end_in_pairs_or_in_words(
    tmp_path: Path, assert_ends_well: Callable[[Path], str]
) -> None:
    endings = []
    began = time.process_time()
    for number, (name, content) in enumerate(damaged(300)):
        folder = tmp_path / str(number)
        folder.mkdir()
        endings.append(assert_ends_well(written(folder, name, content)))
    assert endings.count("refused") > 60  # most damage to text is only other text
    assert time.process_time() - began < 60


@pytest.fixture
def assert_ends_well() -> Callable[[Path], str]:
    def check(path: Path) -> str:
        from regard.corpus.formats.registry import READERS

        with suppress(InputError):
            if path.suffix in READERS:
                pairs_of(path)
            return "read"
        with pytest.raises(InputError, match=re.escape(str(path))) as raised:
            pairs_of(path)
        return "refused" if len(str(raised.value)) < 1000 else "refused at length"

    return check
