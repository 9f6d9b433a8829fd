"""Which ending of a file name belongs to which format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.files import is_gzip
from regard.corpus.formats.arrow import is_dataset, read_arrow
from regard.corpus.formats.csv_table import read_csv
from regard.corpus.formats.mo import read_mo
from regard.corpus.formats.po import read_po
from regard.corpus.formats.reading import Reading
from regard.corpus.formats.tmx import read_tmx
from regard.corpus.formats.xliff import read_xliff
from regard.corpus.pair import Pair

Reader = Callable[[Path, Reading], Iterator[Pair]]

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        ".tmx": read_tmx,
        ".po": read_po,
        ".pot": read_po,
        ".mo": read_mo,
        ".xlf": read_xliff,
        ".xliff": read_xliff,
        ".csv": read_csv,
        ".parquet": read_arrow,
        ".arrow": read_arrow,
    }
)
"""What reads both sides of one file, by the ending of its name; a ``.gz`` behind it does not count."""

SUBTITLES: Final = frozenset({".srt", ".vtt"})
PARTLY_TRANSLATED: Final = frozenset({".tmx", ".po", ".pot", ".mo", ".xlf", ".xliff", ".csv"})
"""Formats in which a missing translation is nothing wrong."""

WITH_COLUMNS: Final = frozenset({".tsv", ".jsonl", ".csv", ".parquet", ".arrow"})
"""Formats of one file in which a side can be named: by its column, or by its key."""

BY_RECORD: Final = frozenset({".mo", ".parquet", ".arrow"})
"""Formats without lines, in which the places of pairs are counted in records."""


def suffix_of(path: Path) -> str:
    """The ending that says what a file is, in small letters, without ``.gz``; of a saved data set ".arrow"."""
    if is_dataset(path):
        return ".arrow"
    return (Path(path.stem).suffix if is_gzip(path) else path.suffix).lower()
