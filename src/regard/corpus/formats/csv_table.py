"""Tables of a spreadsheet (CSV) with a first row of names, also inside quotation marks and over several lines."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regard.corpus.formats.columns import choose_columns
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.formats.unit import Document, Segment, Tag, Unit, in_one_line
from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_DELIMITERS: Final = ",;\t|"
_LONGEST_CELL: Final = 1 << 20


def read_csv(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pairs of a table, row by row.

    Raises:
        CorpusError: the file cannot be read, is cut inside quotation marks, or which columns to read is not clear.
    """
    lines = read_lines(path)
    first = next(lines, "")
    delimiter = _delimiter(first)
    rows = csv.reader(_with_ends(first, lines), delimiter=delimiter, strict=True)
    names = _next_row(path, rows) or []
    source, target = choose_columns(path, names, reading)
    while (row := _next_row(path, rows)) is not None:
        if row and len(row) != len(names):
            raise _wrong_cells(path, rows.line_num, len(row), len(names))
        cells = row or [""] * len(names)
        yield Pair(in_one_line(cells[source]), in_one_line(cells[target]), Origin(str(path), rows.line_num))


def csv_document(path: Path, content: str, reading: Reading) -> Document:
    """A table to be filled: rows with something in the source's column.

    Args:
        path: what to call the file in messages.
        content: its text.
        reading: both languages, or names of columns.

    Raises:
        CorpusError: as for ``read_csv``.
    """
    delimiter = _delimiter(content.partition("\n")[0])
    rows = _rows(path, content, delimiter)
    names = [cell.text for cell in next(rows, [])]
    source, target = choose_columns(path, names, reading)
    units: list[Unit] = []
    for row in rows:
        if len(row) == 1 and not row[0].text:
            continue
        if len(row) != len(names):
            raise _wrong_cells(path, row[0].line, len(row), len(names))
        if row[source].text.strip():
            there, cell = row[target].text, row[target]
            target_there = (there,) if there.strip() else None
            units.append(Unit(row[source].line, (row[source].text,), target_there, cell.start, cell.end))
    if not units:
        raise CorpusError(f"{path} has no row to translate")
    return Document(content, tuple(units), lambda segment: _spelled(segment, delimiter))


def _with_ends(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"{first}\n"
    yield from (f"{line}\n" for line in lines)


def _next_row(path: Path, rows: "Iterator[list[str]]") -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as error:
        line = getattr(rows, "line_num", 0)
        raise CorpusError(
            f"{path}, line {line}: this is no row of a table ({error}); is a quotation mark missing, or the file cut?"
        ) from None


def _delimiter(first: str) -> str:
    """The sign between the names of the first row: the one that occurs most outside of quotation marks."""
    outside = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=outside.count)


def _wrong_cells(path: Path, line: int, found: int, expected: int) -> CorpusError:
    return CorpusError(
        f"{path}, line {line}: {expected} cells are expected, as in the first row, but there are {found}"
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    start: int
    end: int
    line: int


def _rows(path: Path, content: str, delimiter: str) -> Iterator[list[_Cell]]:
    """The rows of a table with the place of every cell."""
    sign = re.escape(delimiter)
    cell_form = re.compile(rf'(?:"((?:[^"]++|"")*+)"|([^"{sign}\r\n][^{sign}\r\n]*)?)({sign}|\r?\n|\r|\Z)')
    row: list[_Cell] = []
    place, line = 0, 1
    while place < len(content) or row:
        found = cell_form.match(content, place)
        if found is None:
            raise CorpusError(f"{path}, line {line}: a quotation mark is not closed, or stands in the middle of a cell")
        text = found[2] or "" if found[1] is None else found[1].replace('""', '"')
        row.append(_Cell(text, place, found.start(3), line))
        line += found[0].count("\n")
        place = found.end()
        if found[3] != delimiter:
            yield row
            row = []
            if place >= len(content):
                return


def _spelled(segment: Segment, delimiter: str) -> str:
    text = "".join(part.raw if isinstance(part, Tag) else part for part in segment)
    needs_marks = any(sign in text for sign in (delimiter, '"', "\n", "\r")) or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if needs_marks else text
