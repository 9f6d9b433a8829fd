"""Reads text line by line, however long the file. A line ends at the line feed and nowhere else.

U+2028, U+0085 and form feeds stay inside their line; the carriage return of a Windows line end is dropped, as is a byte
order mark at the start of the file.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regard.corpus.encoding import not_decoded
from regard.corpus.files import STANDARD_INPUT, open_bytes, require_file
from regard.errors import CorpusError

__all__ = ["STANDARD_INPUT", "count_lines", "read_lines", "read_roughly"]

LONGEST_LINE_BYTES: Final = 16 << 20
_BLOCK_BYTES: Final = 1 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def read_lines(path: Path, *, encoding: str = "utf-8") -> Iterator[str]:
    """The lines of a file, plain or ``.gz``, without their line ends; the path ``-`` reads standard input.

    Args:
        path: the file.
        encoding: what the file says that it is in; one in which a line feed is one byte.

    Raises:
        CorpusError: the file is missing, empty, a folder, cut short, not in this encoding, or a line is longer than
            16 MiB. What can be known without reading is raised at once, the rest when the line is reached.
    """
    if path != STANDARD_INPUT:
        require_file(path)
    return _decoded(path, encoding)


def count_lines(path: Path) -> int:
    """How many lines ``read_lines`` will give; decodes nothing, so it is quick.

    Raises:
        CorpusError: the file cannot be read.
    """
    ends, last = 0, b"\n"
    with open_bytes(path) as file:
        while block := file.read(_BLOCK_BYTES):
            ends += block.count(b"\n")
            last = block
    return ends + (not last.endswith(b"\n"))


def read_roughly(path: Path) -> Iterator[str]:
    """The lines as well as they can be read, for showing what is wrong with a file: bad bytes become U+FFFD."""
    with open_bytes(path) as file:
        for raw in _raw_lines(path, file):
            yield raw.decode("utf-8", "replace").rstrip("\r\n")


def too_long(path: Path, number: int) -> CorpusError:
    """The error for a line of more than ``LONGEST_LINE_BYTES``, its line feed included."""
    return CorpusError(
        f"{path}, line {number} is longer than {LONGEST_LINE_BYTES >> 20} MiB; "
        "a file with one sentence per line is expected"
    )


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    with open_bytes(path) as file:
        for number, raw in enumerate(_raw_lines(path, file), start=1):
            content = raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
            try:
                yield content.decode(encoding).removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError as error:
                raise not_decoded(path, number, content, error, encoding=encoding) from None


def _raw_lines(path: Path, file: io.BufferedIOBase) -> Iterator[bytes]:
    number = 0
    while raw := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(raw) > LONGEST_LINE_BYTES:
            raise too_long(path, number)
        yield raw
