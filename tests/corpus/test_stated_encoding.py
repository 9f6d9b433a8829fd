"""Files that say which encoding they are in: every name that Python knows gives pairs or a clear error."""

import encodings
import pkgutil
import struct
from collections.abc import Iterator
from contextlib import suppress
from encodings.aliases import aliases
from pathlib import Path

import pytest

from regard.corpus import Reading, read_pairs
from regard.corpus.formats.stated_encoding import known_encoding
from regard.documents import open_document
from regard.errors import CorpusError

NAMES = sorted({*aliases.values(), *(module.name for module in pkgutil.iter_modules(encodings.__path__))})
BODIES = (b"Salut", b"\xe9t\xe9", b"+2AA-", rb"\ud800", rb"\xzz", b"xn--t-9fab a..b", b"=C3=A9\x00", b"\x0e\x1b$B~{")
BOTH = Reading("en", "fr")


def catalogue(name: str, body: bytes) -> bytes:
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={name}\\n"\n\nmsgid "Hello"\nmsgstr '
    return header.encode() + b'"' + body + b'"\n'


def compiled(name: str, body: bytes) -> bytes:
    strings = [b"", b"Hello", f"Content-Type: text/plain; charset={name}\n".encode(), body]
    places, start = [], 28 + 8 * len(strings)
    for string in strings:
        places += [len(string), start]
        start += len(string) + 1
    head = struct.pack("<7I", 0x950412DE, 0, 2, 28, 28 + 16, 0, 0)
    return head + struct.pack(f"<{len(places)}I", *places) + b"\0".join(strings) + b"\0"


def memory(name: str, body: bytes) -> bytes:
    start = f'<?xml version="1.0" encoding="{name}"?><tmx version="1.4"><header srclang="en"/><body><tu>'
    units = '<tuv xml:lang="en"><seg>Hello</seg></tuv><tuv xml:lang="fr"><seg>'
    return (start + units).encode() + body + b"</seg></tuv></tu></body></tmx>"


def page(name: str, body: bytes) -> bytes:
    return f'<html><head><meta charset="{name}"></head><body><p>'.encode() + body + b"</p></body></html>"


MAKERS = {"a.po": catalogue, "a.mo": compiled, "a.tmx": memory, "a.html": page}


def texts(path: Path) -> Iterator[str]:
    """Everything that is read from a file, whichever way it is read."""
    if path.suffix != ".mo":
        yield open_document(path, BOTH).document.content
    if path.suffix != ".html":
        yield from (text for pair in read_pairs(path, reading=BOTH) for text in (pair.source, pair.target))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
def test_every_name_gives_whole_characters_or_a_clear_error(name: str, tmp_path: Path) -> None:
    for file, made in MAKERS.items():
        for body in BODIES:
            path = tmp_path / file
            path.write_bytes(made(name, body))
            with suppress(CorpusError):
                for text in texts(path):
                    assert text.encode("utf-8")  # halves of characters cannot be written


@pytest.mark.parametrize("name", ["hex", "ROT13", "base64", "utf-7", "unicode_escape", "idna", "punycode", "undefined"])
def test_what_no_file_is_written_in_is_not_known(name: str, tmp_path: Path) -> None:
    for file, made in MAKERS.items():
        path = tmp_path / file
        path.write_bytes(made(name, b"Salut"))
        with pytest.raises(CorpusError, match=f"encoding {name.lower()} is not known; convert it to UTF-8 first, with"):
            list(texts(path))


@pytest.mark.parametrize(
    ("stated", "body"),
    [("latin1", b"\xe9t\xe9"), ("windows-1252", b"\xe9t\xe9"), ("shift_jis", b"\x83J"), ("UTF-8", b"a")],
)
def test_usual_encodings_are_read(stated: str, body: bytes, tmp_path: Path) -> None:
    expected = body.decode(stated)
    for file, made in MAKERS.items():
        path = tmp_path / file
        path.write_bytes(made(stated, body))
        assert any(expected in text for text in texts(path))


def test_a_name_is_told_as_python_calls_it(tmp_path: Path) -> None:
    assert known_encoding(tmp_path, "Latin1") == "iso8859-1"
    with pytest.raises(CorpusError, match=r"its encoding klingon is not known; convert it to UTF-8 first, with iconv"):
        known_encoding(tmp_path, "klingon")
