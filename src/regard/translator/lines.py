"""Streams of lines: taken in blocks, so that memory does not grow with the number of lines."""

from collections.abc import Iterable, Iterator
from typing import Final

_MOST_LINES: Final = 1000
_MOST_CHARACTERS: Final = 400_000


def blocks(
    lines: Iterable[str], *, most_lines: int = _MOST_LINES, most_characters: int = _MOST_CHARACTERS
) -> Iterator[tuple[int, list[str]]]:
    """Groups lines into lists, in order, each with the number of its first line, from 0; no list is empty.

    A list has at most ``most_lines`` lines, and is closed by the line that brings it to ``most_characters``. Large
    lists translate faster, because sentences of one length find each other.
    """
    block: list[str] = []
    first = characters = 0
    for line in lines:
        block.append(line)
        characters += len(line)
        if len(block) >= most_lines or characters >= most_characters:
            yield first, block
            first, block, characters = first + len(block), [], 0
    if block:
        yield first, block


def in_one_line(text: str) -> str:
    """The text with a space for every line break a model may have generated."""
    return " ".join(text.splitlines())
