import gzip

import pytest

from regard.corpus import read_lines
from regard.corpus.encoding import guess_encoding
from regard.errors import CorpusError

FRENCH = "Les élèves français étaient à l’école où Noël naît"


def read(tmp_path, content: bytes) -> list[str]:
    path = tmp_path / "text.fr"
    path.write_bytes(content)
    return list(read_lines(path))


@pytest.mark.parametrize("encoding", ["windows-1252", "macintosh"])
def test_french_in_another_encoding_is_recognised(encoding):
    assert guess_encoding(FRENCH.encode(encoding)) == encoding


def test_french_from_dos_is_recognised():
    assert guess_encoding(FRENCH.replace("’", "'").encode("cp850")) == "cp850"


def test_one_latin_1_byte_is_enough():
    assert guess_encoding("Papa joue à la poupée".encode("latin-1")) == "windows-1252"


def test_the_message_names_file_line_byte_and_the_way_out(tmp_path):
    with pytest.raises(
        CorpusError,
        match=r"text\.fr, line 3: not UTF-8 \(byte 0x92 at byte 2 of the line\); as windows-1252 it would read "
        r"'L’été'; if that is right, convert the file with: iconv -f windows-1252 -t UTF-8 .*text\.fr",
    ):
        read(tmp_path, b"bon\nbon\n" + "L’été\n".encode("windows-1252"))


def test_a_long_line_is_shown_around_the_byte(tmp_path):
    with pytest.raises(CorpusError, match=r"'…a{30}éb{29}…'"):
        read(tmp_path, ("a" * 500 + "é" + "b" * 500).encode("latin-1"))


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("texte\n".encode("utf-16"), r"line 1: not UTF-8 .*it looks like UTF-16; convert it with: iconv -f UTF-16"),
        (gzip.compress(b"text", mtime=0), r"it is packed by gzip; give its name the ending \.gz"),
        (b"PK\x03\x04\xff\n", r"it is a zip archive; unpack it first"),
        ("bon\nété".encode()[:-1], r"line 2: .*the file ends in the middle of a character, so it was cut short"),
    ],
)
def test_other_causes_are_named(tmp_path, content, hint):
    with pytest.raises(CorpusError, match=hint):
        read(tmp_path, content)
