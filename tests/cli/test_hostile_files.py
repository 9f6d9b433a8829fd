"""Three hundred damaged and hostile files, each through the command line: a message, exit code 2, and nothing written.

Every one is refused with its name, and its line where a line is to blame; quickly, in little memory; no part of an
output is left, and a file that was there stays. Every fourth one is tried here; ``REGARD_HOSTILE=all`` tries all,
``REGARD_HOSTILE=processes`` (``make verify TARGET=hostile-files``) gives each a process of its own.
"""

import gzip
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regard.cli.app import app

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"
NUMBER = 300
MOST_SECONDS = 10  # the first one loads the libraries, and checks their shapes
MOST_KIBIBYTES = 1_000_000  # to hold a bomb twice takes more; of a process, its libraries counted
HEAD = '<tmx version="1.4"><header srclang="en"/><body>'
UNIT = '<tu><tuv xml:lang="en"><seg>One</seg></tuv><tuv xml:lang="fr"><seg>Un</seg></tuv></tu>'
TAIL = "</body></tmx>"
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
XLIFF = '<xliff version="1.2"><file source-language="en" target-language="fr"><body>'
TWO = '<xliff version="2.0" srcLang="en" trgLang="fr"><file id="f">'


@dataclass(frozen=True)
class Hostile:
    """A file that must be refused; ``line`` where the message has to say one."""

    what: str
    name: str
    content: bytes
    line: int | None = None


def made(what: str, name: str, content: str | bytes, line: int | None = None) -> Hostile:
    return Hostile(what, name, content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content, line)


def xml_files() -> Iterator[Hostile]:
    """What is made to hurt, and what is no memory and no XLIFF."""
    for kind, name, head, unit, tail in (
        ("tmx", "a.tmx", HEAD, UNIT, TAIL),
        ("xliff", "a.xlf", XLIFF, '<trans-unit id="1"><source>One</source></trans-unit>', "</body></file></xliff>"),
        ("xliff 2", "a.xliff", TWO, '<unit id="1"><segment><source>One</source></segment></unit>', "</file></xliff>"),
    ):
        root = "tmx" if kind == "tmx" else "xliff"
        whole = f"{head}{unit}{tail}"
        yield made(f"{kind}: an entity bomb", name, f"<!DOCTYPE {root} [{BOMB}]>{head}&e9;{unit}{tail}", 1)
        yield made(f"{kind}: a bomb in an attribute", name, f'<!DOCTYPE {root} [{BOMB}]><{root} a="&e9;"/>', 1)
        yield made(f"{kind}: an entity", name, f'<!DOCTYPE {root} [<!ENTITY x "y">]>{whole}', 1)
        for system in ("file:///etc/passwd", "http://localhost:1/x", "/dev/zero"):
            external = f'<!DOCTYPE {root} [<!ENTITY x SYSTEM "{system}">]>{whole.replace("One", "&x;")}'
            yield made(f"{kind}: an entity from {system}", name, external, 1)
        parameter = f'<!DOCTYPE {root} [<!ENTITY % x SYSTEM "file:///dev/zero"> %x;]>{whole}'
        yield made(f"{kind}: a parameter entity", name, parameter, 1)
        yield made(f"{kind}: an unknown entity", name, f"\n\n{whole.replace('One', 'One&nbsp;')}", 3)
        yield made(f"{kind}: too deep", name, f"{head}{'<a>' * 100_000}{'</a>' * 100_000}{tail}", 1)
        yield made(f"{kind}: an endless attribute", name, f'<{root} a="{"a" * (5 << 20)}"/>')
        yield made(f"{kind}: an endless comment", name, f"<!--{'a' * (5 << 20)}-->{whole}")
        yield made(f"{kind}: an endless sentence", name, whole.replace("One", "one " * 1_200_000), 1)
        yield made(f"{kind}: another root", name, "<html><body><p>One</p></body></html>")
        yield made(f"{kind}: nothing in it", name, f"{head}{tail}")
        yield made(f"{kind}: two roots", name, f"{whole}\n{whole}", 2)
        yield made(f"{kind}: an attribute twice", name, f'<{root} a="1" a="2"/>', 1)
        yield made(f"{kind}: a control sign", name, f"\n{whole.replace('One', chr(1))}", 2)
        yield made(f"{kind}: no such character", name, f"\n{whole.replace('One', '&#0;')}", 2)
        yield made(f"{kind}: half a character", name, whole.replace("One", "\ud800"), 1)
        yield made(f"{kind}: an encoding nobody knows", name, f'<?xml version="1.0" encoding="klingon"?>{whole}')
        declared = f'<?xml version="1.0" encoding="utf-16"?>{whole}'
        yield made(f"{kind}: other bytes than it says", name, declared)
        yield made(f"{kind}: half of its bytes missing", name, whole.encode("utf-16-le")[:-3])
        yield made(f"{kind}: crossing elements", name, f"{head}\n<a><b></a></b>{tail}", 2)
    yield made("xliff: other languages", "a.xlf", '<xliff><file source-language="ja" target-language="ko"/></xliff>')
    yield made("tmx: other languages", "a.tmx", f"{HEAD}{UNIT.replace('en', 'ja').replace('fr', 'ko')}{TAIL}")
    yield made("tmx: a map of a game", "a.tmx", '<map version="1.0"><tileset/></map>')


def catalogues() -> Iterator[Hostile]:
    entry = 'msgid "One"\nmsgstr ""\n'
    for what, content, line in (
        ("a string without its end", 'msgid "One\nmsgstr ""\n', 4),
        ("a string after nothing", '"One"\n', 4),
        ("a word", "Good morning\n", 4),
        ("no translation", 'msgid "One"\n\nmsgid "Two"\nmsgstr ""\n', 4),
        ("a translation of nothing", 'msgstr "Un"\n', 4),
        ("a context alone", 'msgctxt "menu"\n', 4),
        ("two translations", 'msgid "One"\nmsgstr ""\nmsgstr ""\n', 6),
        ("a plural without forms", 'msgid "One"\nmsgid_plural "Many"\nmsgstr ""\n', 4),
        ("forms without a plural", 'msgid "One"\nmsgstr[0] ""\n', 4),
        ("a form left out", 'msgid "One"\nmsgid_plural "Many"\nmsgstr[0] ""\nmsgstr[2] ""\n', 4),
        ("text behind a string", 'msgid "One" x\nmsgstr ""\n', 4),
        ("a mark that ends alone", 'msgid "One\\"\nmsgstr ""\n', 4),
        ("an endless message", f'msgid "{"one " * 1_200_000}"\n"more"\nmsgstr ""\n', 5),
    ):
        yield made(f"po: {what}", "a.po", PO + content, line)
        yield made(f"pot: {what}", "a.pot", PO + content, line)
    for what, header in (
        ("a rule that computes", "Plural-Forms: nplurals=2; plural=__import__('os').system('id');"),
        ("a rule without end", f"Plural-Forms: nplurals=2; plural={'(' * 300}n{')' * 300};"),
        ("a rule that divides by nothing", "Plural-Forms: nplurals=2; plural=n/0;"),
        ("a rule with too few forms", "Plural-Forms: nplurals=1; plural=7;"),
        ("another language", "Language: de"),
        ("an encoding nobody knows", "Content-Type: text/plain; charset=KLINGON"),
        ("other bytes than it says", "Content-Type: text/plain; charset=ASCII"),
    ):
        header_entry = f'msgid ""\nmsgstr ""\n"{header}\\n"\n\n'
        yield made(f"po: {what}", "a.po", f"{header_entry}# é\n{entry}")
    yield made("po: a header alone", "a.po", PO)
    yield made("po: no character of UTF-8", "a.po", (PO + entry).encode().replace(b"One", b"\xff\xfe"), 4)
    magic = struct.pack("<I", 0x950412DE)
    for what, raw in (
        ("text", b"Good morning, this is nothing compiled"),
        ("a number alone", magic),
        ("too many messages", magic + struct.pack("<6I", 0, 0xFFFFFFFF, 28, 28, 0, 0)),
        ("tables behind the end", magic + struct.pack("<6I", 0, 1, 0xFFFFFFF0, 28, 0, 0) + bytes(64)),
        ("a message behind the end", magic + struct.pack("<6I", 0, 1, 28, 36, 0, 0) + struct.pack("<4I", 9, 999, 1, 1)),
        (
            "no characters",
            magic + struct.pack("<6I", 0, 1, 28, 36, 0, 0) + struct.pack("<4I", 2, 44, 2, 44) + b"\xff\xfe",
        ),
    ):
        yield made(f"mo: {what}", "a.mo", raw)


def tables_and_messages() -> Iterator[Hostile]:
    deep = "[" * 100_000 + "]" * 100_000
    for what, content, line in (
        ("a cell without its end", 'en,fr\n"One,\n', 2),
        ("a mark inside a cell", 'en,fr\nOne,\n"x"y,z\n', 3),
        ("a cell too few", "en,fr\nOne,\nTwo\n", 3),
        ("a cell too many", "en,fr\nOne,\nTwo,,\n", 3),
        ("no such columns", "x,y\nOne,Un\n", None),
        ("one column", "en\nOne\n", None),
        ("a first row alone", "en,fr\n", None),
        ("no first row", "\n\n\n", None),
        ("a column twice", "en,en\nOne,\n", None),
        ("an endless row", f"en,fr\n{'One,' * 100_000}\n", 2),
    ):
        yield made(f"csv: {what}", "a.csv", content, line)
    for what, text in (
        ("cut", '{"a": "One"'),
        ("a comma too many", '{"a": "One",}'),
        ("a comment", '// no\n{"a": "One"}'),
        ("another quotation mark", "{'a': 'One'}"),
        ("too deep", deep),
        ("too deep with names", '{"a":' * 100_000 + "1" + "}" * 100_000),
        ("two values", '{"a": "One"}{"b": "Two"}'),
        ("a line break in a string", '{"a": "One\nTwo"}'),
        ("an escape that is none", '{"a": "\\x41"}'),
        ("no text", '{"a": 1, "b": [null, true, "42"]}'),
        ("a word", "One"),
        ("zero bytes", "\0" * 100),
    ):
        yield made(f"json: {what}", "a.json", text)
    for name in ("a.csv", "a.json", "a.html", "a.md", "a.srt", "a.vtt"):
        yield made(f"{name}: no character of UTF-8", name, b"en,fr\nOne \xff\xfe,\n", 2)
    for name in ("a.parquet", "a.arrow"):
        for what, raw in (
            ("text", b"Good morning"),
            ("its first bytes alone", b"PAR1" if name == "a.parquet" else b"ARROW1"),
            ("zero bytes", bytes(4096)),
            ("a length that lies", b"PAR1" + bytes(64) + b"\xff\xff\xff\x7f" + b"PAR1"),
            ("its ends alone", b"PAR1" + bytes(random.Random(1).randbytes(2000)) + b"PAR1"),
        ):
            yield made(f"{name}: {what}", name, raw)


def pages_and_films() -> Iterator[Hostile]:
    for what, content, line in (
        ("a tag without end", "<p>One</p>\n<p class='x", 2),
        ("a comment without end", "<p>One</p>\n\n<!-- two", 3),
        ("a script without end", "<p>One</p><script>two", None),
        ("a style without end", "<p>One</p><style>two", None),
        ("an attribute without end", '<p>One</p><p title="two>three</p>', 1),
        ("no text", "<html><body><p>1 + 1</p></body></html>", None),
        ("code alone", "<pre>One</pre><script>two</script>", None),
        ("an encoding nobody knows", '<meta charset="klingon"><p>One</p>', None),
    ):
        yield made(f"html: {what}", "a.html", content, line)
    yield made("html: other bytes than it says", "a.html", b'<meta charset="utf-8">\n<p>\xe9t\xe9</p>', 2)
    yield made("md: code alone", "a.md", "```\nOne\n```\n")
    yield made("md: figures alone", "a.md", "1 + 1 = 2\n\n---\n")
    for name, before in (("a.srt", ""), ("a.vtt", "WEBVTT\n\n")):
        first = before.count("\n") + 1
        for what, content, offset in (
            ("no time", "1\nOne\n", 0),
            ("half a time", "1\n00:00:01,000 --> 00:00\nOne\n", 1),
            ("no end", "1\n00:00:01,000 -->\nOne\n", 1),
            ("letters in a time", "1\n00:00:0x,000 --> 00:00:02,000\nOne\n", 1),
            ("text before the time", "1\nOne\n00:00:01,000 --> 00:00:02,000\n", 0),
            ("a blank line in a cue", "1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n", 4),
        ):
            yield made(f"{name}: {what}", name, before + content, first + offset)
        yield made(f"{name}: no text", name, f"{before}1\n00:00:01,000 --> 00:00:02,000\n\n")
        yield made(f"{name}: a page", name, "<html><body>One</body></html>", 1)
    yield made("vtt: a title alone", "a.vtt", "WEBVTT - a film\n")


def packed() -> Iterator[Hostile]:
    whole = gzip.compress((FORMATS / "messages.po").read_bytes(), mtime=0)
    yield made("gz: no gzip", "a.po.gz", (FORMATS / "messages.po").read_bytes())
    yield made("gz: a cut file", "a.po.gz", whole[:-30])
    yield made("gz: its beginning alone", "a.po.gz", whole[:10])
    yield made("gz: a wrong sum", "a.po.gz", whole[:-8] + b"\0\0\0\0" + whole[-4:])
    yield made("gz: one byte changed", "a.po.gz", whole[:40] + bytes([whole[40] ^ 255]) + whole[41:])
    yield made("gz: packed twice", "a.po.gz", gzip.compress(whole, mtime=0), 1)
    yield made("gz: nothing in it", "a.po.gz", gzip.compress(b"", mtime=0))
    yield made("gz: a bomb", "a.json.gz", gzip.compress(bytes(1 << 20), mtime=0) * 300)
    for place in range(20, len(whole) - 40, 40):
        yield made(f"gz: cut at {place}", "a.po.gz", whole[:place])
    for name in ("a.po", "a.tmx", "a.xlf", "a.html", "a.md", "a.srt", "a.vtt", "a.csv", "a.json", "a.mo", "a.parquet"):
        yield made(f"{name}: empty", name, b"")


def cut() -> Iterator[Hostile]:
    """Files of every format that end in the middle, where that shows."""
    for name, before in (
        ("memory.tmx", b"</body>"),
        ("strings.xlf", b"</xliff>"),
        ("strings2.xliff", b"</file>"),
        ("app.json", b"}\n}"),
    ):
        content = (FORMATS / name).read_bytes()
        last = content.rindex(before)
        for number in range(16):
            place = 1 + number * (last - 1) // 15
            yield made(f"{name}: cut at {place}", name, content[:place])
    content = (FORMATS / "messages.po").read_bytes()
    for found in [*re.finditer(rb'^msg.*"(?=[^"\n]{3})', content, re.MULTILINE)]:
        place = found.end() + 2
        yield made(f"messages.po: cut at {place}", "messages.po", content[:place], content[:place].count(b"\n") + 1)
    page = (FORMATS / "page.html").read_bytes()
    for sign in (b"lang=", b"charset", b"say(", b"red }", b"title=", b"img src", b"ubmit"):
        place = page.index(sign) + 3
        yield made(f"page.html: cut at {place}", "page.html", page[:place])
    for name in ("film.srt", "film.vtt"):
        film = (FORMATS / name).read_bytes()
        for found in re.finditer(rb"--> ", film):
            line = film[: found.end()].count(b"\n") + 1
            yield made(f"{name}: cut in line {line}", name, film[: found.end() + 5], line)
    table = (FORMATS / "table.csv").read_bytes()
    for sign in (b"quoted", b"please", b"Two", b"lines,"):
        yield made(f"table.csv: cut behind {sign.decode()}", "table.csv", table[: table.index(sign) + len(sign)])


def every() -> list[Hostile]:
    return [*xml_files(), *catalogues(), *tables_and_messages(), *pages_and_films(), *packed(), *cut()]


FILES = every()
IN_PROCESSES = {"gz: a bomb", "po: an endless message", "a.parquet: its ends alone"}
ASKED_FOR = os.environ.get("REGARD_HOSTILE", "")
SHARE = list(enumerate(FILES))[:: 1 if ASKED_FOR else 4]
SPOKEN = pytest.mark.parametrize(
    "file", [each for _, each in SHARE], ids=[f"{at:03} {each.what}" for at, each in SHARE]
)


def test_there_are_three_hundred() -> None:
    assert len({(each.name, each.content) for each in FILES}) >= NUMBER


@pytest.mark.guarantee(
    "Three hundred damaged and hostile files end in a message with the file, and the line; nothing is written",
    area="data",
    control="test_a_file_that_is_taken_is_noticed",
    reported="cut and hostile translation files",
)
@SPOKEN
def test_a_hostile_file_ends_in_words(file: Hostile, tiny_run: Path, tmp_path: Path) -> None:
    if file.name.endswith((".parquet", ".arrow")):
        pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    complain(file, tiny_run, tmp_path, alone if ASKED_FOR == "processes" else in_process)


@pytest.mark.parametrize("file", [each for each in FILES if each.what in IN_PROCESSES], ids=lambda each: each.what)
def test_a_process_stays_small(file: Hostile, tiny_run: Path, tmp_path: Path) -> None:
    if file.name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    complain(file, tiny_run, tmp_path, alone)


def test_a_file_that_is_taken_is_noticed(tiny_run: Path, tmp_path: Path) -> None:
    whole = made("nothing wrong", "a.po", PO + 'msgid "One"\nmsgstr ""\n')
    with pytest.raises(AssertionError, match="exit code 0"):
        complain(whole, tiny_run, tmp_path, in_process)


@pytest.mark.parametrize("name", ["a.po", "a.tmx", "a.html"])
def test_what_was_there_stays(name: str, tiny_run: Path, tmp_path: Path) -> None:
    file = next(each for each in FILES if each.name == name)
    path, out = tmp_path / name, tmp_path / "out"
    path.write_bytes(file.content)
    out.write_text("mine")
    code, told, _ = in_process(["translate", str(tiny_run), str(path), "-o", str(out)])
    assert (code, out.read_text()) == (2, "mine")
    assert "exists already and is left as it is" in told


def complain(file: Hostile, model: Path, folder: Path, run: Callable[[list[str]], tuple[int, str, float]]) -> None:
    """Runs a command on a file, and fails unless it is refused as it must be."""
    path, fine, out = folder / file.name, folder / "fine.po", folder / "out"
    path.write_bytes(file.content)
    fine.write_text('msgid "One"\nmsgstr ""\n')
    command = ["translate", str(model), str(path), "-o", str(out)]
    if path.suffix in (".mo", ".parquet", ".arrow"):  # not translated in place: read as the memory of another file
        command = ["translate", str(model), str(fine), "-o", str(out), "--memory", str(path)]
    code, told, seconds = run(command)
    assert code == 2, f"exit code {code}: {told}"
    assert told.startswith("regard: ")
    assert str(path) in told
    assert file.line is None or f"line {file.line}" in told, told
    assert len(told) < 1000
    assert seconds < MOST_SECONDS
    assert sorted(each.name for each in folder.iterdir()) == sorted([file.name, "fine.po"])


def in_process(command: list[str]) -> tuple[int, str, float]:
    """Exit code, message in one line, seconds of computing."""
    began = time.process_time()
    result = CliRunner().invoke(app, command)
    return result.exit_code, " ".join(result.stderr.split()), time.process_time() - began


def alone(command: list[str]) -> tuple[int, str, float]:
    """The same in a process of its own, whose memory is looked at."""
    program = [sys.executable, "-c", MEASURED, *command]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    *told, measured = done.stderr.splitlines()
    kibibytes, seconds = json.loads(measured)
    assert kibibytes < MOST_KIBIBYTES
    return done.returncode, " ".join(" ".join(told).split()), seconds - START_SECONDS


START_SECONDS = 8  # of a cold interpreter with its libraries, at most, on a busy machine
MEASURED = """
import json, re, resource, sys
from regard.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit as error:
    used = resource.getrusage(resource.RUSAGE_SELF)  # its ru_maxrss would count the program that started this one
    most = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
    print(json.dumps([most, used.ru_utime + used.ru_stime]), file=sys.stderr)
    raise
"""
