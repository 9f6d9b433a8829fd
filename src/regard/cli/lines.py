"""Lines of text from a stream, as soon as they can be read.

A line ends at ``\\n`` and nowhere else (not at a form feed, not at U+2028); ``\\r\\n`` is understood, and so is a byte
order mark at the very beginning. A last line without an end is a line.
"""

from collections.abc import Iterator
from io import BufferedIOBase

from regard.errors import InputError

READ_BYTES = 1 << 18


def line_batches(stream: BufferedIOBase, *, name: str, read_bytes: int = READ_BYTES) -> Iterator[list[str]]:
    """Yields the lines that are there, then those that come next, until the stream ends.

    Whoever types gets an answer to each line, and a file comes in large batches.

    Raises:
        InputError: a line is not UTF-8.
    """
    number = 1
    for raw in _raw_batches(stream, read_bytes):
        lines = [_decode(line, name=name, number=number + offset) for offset, line in enumerate(raw)]
        number += len(lines)
        yield lines


def _raw_batches(stream: BufferedIOBase, read_bytes: int) -> Iterator[list[bytes]]:
    """Complete lines without their ``\\n``, as many as one read completes."""
    unfinished: list[bytes] = []
    while data := stream.read1(read_bytes):
        first, *others = data.split(b"\n")
        unfinished.append(first)
        if others:
            yield [b"".join(unfinished), *others[:-1]]
            unfinished = [others[-1]]
    if last := b"".join(unfinished):
        yield [last]


def _decode(line: bytes, *, name: str, number: int) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}, line {number}: byte {line[error.start]:#04x} at position {error.start + 1} is not UTF-8. "
            f"Convert the text first, for example with: iconv -f latin1 -t utf-8"
        ) from None
    if number == 1:
        text = text.removeprefix("\ufeff")
    return text.removesuffix("\r")
