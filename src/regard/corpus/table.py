"""Reads pairs from a table: one pair per line, source and target separated by a tab."""

from collections.abc import Iterator
from pathlib import Path

from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError


def read_table(path: Path) -> Iterator[Pair]:
    """The first two columns of every line. A blank line is a blank pair.

    Raises:
        CorpusError: the file cannot be read, or a line has another number of columns than the first one.
    """
    return _rows(path, read_lines(path))


def _rows(path: Path, lines: Iterator[str]) -> Iterator[Pair]:
    file, expected = str(path), 0
    for number, line in enumerate(lines, start=1):
        columns = line.split("\t")
        if not line.strip():
            columns = [""] * max(expected, 2)
        expected = expected or len(columns)
        if len(columns) < 2 or len(columns) != expected:
            raise CorpusError(_wrong_columns(path, number, len(columns), expected))
        yield Pair(columns[0], columns[1], Origin(file, number))


def _wrong_columns(path: Path, number: int, found: int, expected: int) -> str:
    if expected < 2:
        return f"{path}, line {number}: source and target must be separated by a tab, but the line has no tab"
    return (
        f"{path}, line {number}: {expected} columns separated by tabs are expected, as in the first line, "
        f"but there are {found}; is there a tab missing, or one inside a sentence?"
    )
