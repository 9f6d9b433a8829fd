"""Lines from a stream of bytes."""

import io
from io import BufferedIOBase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.cli.lines import line_batches
from regard.errors import InputError


class Trickle(io.BytesIO):
    """A stream that gives at most one byte at a time, as a slow pipe would."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(1)


def lines_of(data: bytes, stream: type[io.BytesIO] = io.BytesIO, **options: int) -> list[str]:
    source: BufferedIOBase = stream(data)
    return [line for lines in line_batches(source, name="input", **options) for line in lines]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\nb", ["a", "b"]),
        (b"\n\n", ["", ""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb\n", ["a\rb"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),
        ("a\u2028b\x0cc\x85d\n".encode(), ["a\u2028b\x0cc\x85d"]),
        ("é😀\n".encode(), ["é😀"]),
    ],
)
@pytest.mark.parametrize("stream", [io.BytesIO, Trickle])
def test_lines_end_at_line_feeds_only(data: bytes, lines: list[str], stream: type[io.BytesIO]) -> None:
    assert lines_of(data, stream) == lines


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\ufeff", exclude_categories=["Cs"]))), st.integers(1, 9))
def test_lines_survive_any_cut_into_reads(lines: list[str], read_bytes: int) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    assert lines_of(data, read_bytes=read_bytes) == lines


def test_a_line_is_there_before_the_stream_ends() -> None:
    batches = line_batches(Trickle(b"first\nsecond\n"), name="input")
    assert next(batches) == ["first"]


def test_what_is_not_utf8_is_named_with_its_line() -> None:
    with pytest.raises(InputError, match=r"input, line 3: byte 0xe9 at position 2 is not UTF-8.*iconv"):
        lines_of("un\ndeux\ntété\n".encode("latin-1"))
