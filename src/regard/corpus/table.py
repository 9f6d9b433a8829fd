"""Reads pairs from a table: one pair per line, source and target separated by a tab."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from regard.corpus.formats.columns import choose_columns
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError


def read_table(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The first two columns of every line, or those asked for by the names in the first. A blank line is a blank pair.

    Raises:
        CorpusError: the file cannot be read, a line has another number of columns than the first one, or the first line
            does not name the columns that are asked for.
    """
    return _rows(path, read_lines(path), reading)


def _rows(path: Path, lines: Iterator[str], reading: Reading) -> Iterator[Pair]:
    file, expected = str(path), 0
    source, target = 0, 1
    for number, line in enumerate(lines, start=1):
        columns = line.split("\t")
        if number == 1 and _are_names(columns, reading):
            expected = len(columns)
            source, target = choose_columns(path, columns, reading)
            continue
        if not line.strip():
            columns = [""] * max(expected, 2)
        expected = expected or len(columns)
        if len(columns) < 2 or len(columns) != expected:
            raise CorpusError(_wrong_columns(path, number, len(columns), expected))
        yield Pair(columns[source], columns[target], Origin(file, number))


def _are_names(first: Sequence[str], reading: Reading) -> bool:
    """Whether the first line is read as names of columns: only if columns are asked for, for most tables name none."""
    asked = reading.in_table(first)
    return asked.source_column is not None or asked.target_column is not None


def _wrong_columns(path: Path, number: int, found: int, expected: int) -> str:
    if expected < 2:
        return f"{path}, line {number}: source and target must be separated by a tab, but the line has no tab"
    return (
        f"{path}, line {number}: {expected} columns separated by tabs are expected, as in the first line, "
        f"but there are {found}; is there a tab missing, or one inside a sentence?"
    )
