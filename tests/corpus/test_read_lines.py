import gzip
import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.corpus import STANDARD_INPUT, count_lines, lines, read_lines
from regard.corpus.lines import read_roughly
from regard.errors import CorpusError

STRANGE = "a\u2028b\u0085c\x0cd\x0be\x1cf"  # what str.splitlines would cut apart


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture(params=["plain.txt", "packed.txt.gz"])
def path(request, tmp_path) -> Path:
    return tmp_path / request.param


@pytest.mark.guarantee(
    "A line ends at the line feed and nowhere else: not at U+2028, U+0085 or a form feed",
    area="data",
    control="test_lines_cut_by_splitlines_are_caught",
)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\ntwo", ["one", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"one\rstill one\r\r\n", ["one\rstill one\r"]),
        (b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", ["one", "\ufefftwo"]),
        (b"\n\n", ["", ""]),
        (b"\xef\xbb\xbf", [""]),
        (STRANGE.encode() + b"\n", [STRANGE]),
        (b"a\0b\n", ["a\0b"]),
    ],
)
def test_lines_end_at_the_line_feed_only(path, content, expected):
    write(path, content)
    assert list(read_lines(path)) == expected
    assert count_lines(path) == len(expected)
    assert list(read_roughly(path))[1:] == [line.rstrip("\r") for line in expected[1:]]


def test_lines_cut_by_splitlines_are_caught(path, monkeypatch):
    def cut(path: Path) -> list[str]:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()

    monkeypatch.setattr(sys.modules[__name__], "read_lines", cut)
    with pytest.raises(AssertionError):
        test_lines_end_at_the_line_feed_only(path, STRANGE.encode() + b"\n", [STRANGE])


@given(texts=st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8")), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path, texts):
    content = "".join(f"{text}\r\n" for text in texts).encode()
    path = write(tmp_path / "any.txt", b"\xef\xbb\xbf" + content)
    assert list(read_lines(path)) == texts
    assert count_lines(path) == len(texts)


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("é\nb".encode())))
    assert list(read_lines(STANDARD_INPUT)) == ["é", "b"]


def test_reading_is_lazy(tmp_path):
    path = write(tmp_path / "long.txt", b"good\n" * 100_000 + b"\xff\n")
    assert next(read_lines(path)) == "good"


def test_a_missing_file_is_named_and_a_similar_one_suggested(tmp_path):
    write(tmp_path / "train.en", b"a\n")
    with pytest.raises(CorpusError, match=r"there is no file .*train\.em; did you mean .*train\.en\?"):
        read_lines(tmp_path / "train.em")
    with pytest.raises(CorpusError, match=r"there is no file .*elsewhere.*; check the path"):
        read_lines(tmp_path / "elsewhere" / "train.en")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CorpusError, match="is a folder; a file with one sentence per line is expected"):
        read_lines(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"nothing\.txt is empty; a file with one sentence per line, or a catalogue"):
        read_lines(write(tmp_path / "nothing.txt", b""))


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="is a pipe or a device and can be read only once; save it as a file"):
        read_lines(tmp_path / "pipe")


def test_a_forbidden_file_is_named(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    path = write(tmp_path / "secret.txt", b"a\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CorpusError, match=r"secret\.txt may not be read; change its permissions"):
        next(read_lines(path))


@pytest.mark.parametrize("cut", [15, 100, 1000])
def test_a_cut_gzip_is_said(tmp_path, cut):
    packed = gzip.compress("".join(f"{number * 7919 % 10_007}\n" for number in range(5000)).encode())
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(packed[:-cut])
    for read in (lambda: list(read_lines(path)), lambda: count_lines(path)):
        with pytest.raises(CorpusError, match=r"cut\.txt\.gz is cut short: its gzip data ends in the middle"):
            read()


def test_the_line_in_which_a_gzip_is_cut_need_not_fit_into_memory(tmp_path):
    path = tmp_path / "cut.txt.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b"short\n" * 3)
        for _ in range(40):
            file.write(b"a" * (1 << 20))
    path.write_bytes(path.read_bytes()[:-100])
    tracemalloc.start()
    try:
        with pytest.raises(CorpusError, match="ends in the middle, in line 4; copy"):
            count_lines(path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_damaged_gzip_is_said(tmp_path):
    packed = bytearray(gzip.compress(b"".join(b"%d\n" % (number * 7919 % 10_007) for number in range(5000))))
    packed[len(packed) // 2] ^= 0xFF
    path = tmp_path / "damaged.txt.gz"
    path.write_bytes(packed)
    with pytest.raises(CorpusError, match=r"damaged\.txt\.gz is not readable as gzip"):
        list(read_lines(path))


def test_plain_text_called_gzip_is_said(tmp_path):
    path = tmp_path / "plain.txt.gz"
    path.write_bytes(b"just text\n")
    with pytest.raises(CorpusError, match=r"not readable as gzip .*; copy it again, or drop \.gz from its name"):
        list(read_lines(path))


def test_an_endless_line_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 1 << 20)
    path = write(tmp_path / "one.txt", b"short\n" + b"a" * (1 << 20) + b"b")
    with pytest.raises(CorpusError, match=r"one\.txt, line 2 is longer than 1 MiB"):
        list(read_lines(path))


def test_importing_the_room_loads_no_torch():
    subprocess.run([sys.executable, "-c", "import sys, regard.corpus; assert 'torch' not in sys.modules"], check=True)
