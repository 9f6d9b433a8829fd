"""Reads sentence pairs from two aligned files, or from one file with both sides, one pair at a time."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.alignment import explain_different_counts
from regard.corpus.files import STANDARD_INPUT, require_file
from regard.corpus.formats.arrow import is_dataset
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.formats.registry import READERS, SUBTITLES, Reader, suffix_of
from regard.corpus.formats.subtitles import read_subtitles
from regard.corpus.json_lines import read_json_lines
from regard.corpus.lines import count_lines, read_lines
from regard.corpus.pair import Origin, Pair, said
from regard.corpus.report import BLANK, ONE_SIDED, Report
from regard.corpus.table import read_table
from regard.errors import CorpusError

LINE_READERS: Final[Mapping[str, Reader]] = MappingProxyType({".tsv": read_table, ".jsonl": read_json_lines})
"""What reads both sides of one file line by line, by the ending of its name."""


def read_pairs(
    source: Path, target: Path | None = None, *, report: Report | None = None, reading: Reading = AS_STATED
) -> Iterator[Pair]:
    """Sentence pairs, streaming; pairs with a blank side are left out whole and counted, never shifted.

    Args:
        source: the source side, one sentence per line; or, without ``target``, a file with both sides, known by its
            suffix (``.tsv``, ``.jsonl``, ``.tmx``, ``.po`` …), or ``-`` for a table on standard input. Any file may end
            in ``.gz``.
        target: the target side, line by line; of subtitles, by time.
        report: told of every pair kept and dropped.
        reading: which two languages or columns, of a file with several.

    Raises:
        CorpusError: a file is missing, damaged or not UTF-8, the two have different numbers of lines, or a record is
            not a pair. What can be known without reading pairs is raised at once, the rest when it is reached.
    """
    return without_blanks(read_every_pair(source, target, reading=reading), report or Report())


def read_every_pair(
    source: Path,
    target: Path | None = None,
    *,
    counts: tuple[int, int] | None = None,
    reading: Reading = AS_STATED,
) -> Iterator[Pair]:
    """Like ``read_pairs``, but blank pairs are given too.

    Args:
        source: as for ``read_pairs``.
        target: as for ``read_pairs``.
        counts: the lines of both files, if they have been counted.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: as for ``read_pairs``.
    """
    if target is None:
        return _read_both(source, reading)
    if STANDARD_INPUT in (source, target):
        raise CorpusError("standard input can only hold both sides, as a table: give it alone, without a second file")
    if not is_by_line(source, target):
        return read_subtitles(source, target)
    num_source, num_target = counts or (count_lines(source), count_lines(target))
    if num_source != num_target:
        raise CorpusError(explain_different_counts(source, target, num_source=num_source, num_target=num_target))
    return _side_by_side(source, target)


def is_by_line(source: Path, target: Path | None = None) -> bool:
    """Whether these files are read line by line.

    Raises:
        CorpusError: two files are given, but one of them holds both sides already, or only one is subtitles.
    """
    if target is None:
        return source == STANDARD_INPUT or suffix_of(source) in LINE_READERS
    for path in (source, target):
        if suffix_of(path) in (*READERS, ".jsonl") and path.exists():
            raise CorpusError(f"{path} holds both sides already; give it alone, without a second file")
    subtitles = [suffix_of(path) in SUBTITLES for path in (source, target)]
    if any(subtitles) and not all(subtitles):
        raise CorpusError(f"{source} and {target}: only one of them is subtitles; give both in the same format")
    return not all(subtitles)


def _read_both(path: Path, reading: Reading) -> Iterator[Pair]:
    suffix = suffix_of(path)
    if path == STANDARD_INPUT or suffix in LINE_READERS:
        return LINE_READERS.get(suffix, read_table)(path, reading)
    if suffix not in READERS:
        require_file(path)
        raise CorpusError(
            f"{path} alone holds no pairs that can be read: give the target file too, or one file ending in "
            f"{', '.join((*LINE_READERS, *READERS))} (or the same with .gz)"
        )
    if not is_dataset(path):
        require_file(path)
    return READERS[suffix](path, reading)


def _side_by_side(source: Path, target: Path) -> Iterator[Pair]:
    file = str(source)
    for number, (left, right) in enumerate(zip_longest(read_lines(source), read_lines(target)), start=1):
        if left is None or right is None:
            raise CorpusError(f"{source} and {target} changed while they were read: one ends at line {number - 1:,}")
        yield Pair(left, right, Origin(file, number))


def without_blanks(pairs: Iterable[Pair], report: Report) -> Iterator[Pair]:
    """The pairs that have something to say on both sides; ``report`` is told of every pair kept and dropped."""
    for pair in pairs:
        if pair.is_whole:
            report.keep()
            yield pair
        else:
            report.drop(ONE_SIDED if said(pair.source) or said(pair.target) else BLANK, pair.origin)
