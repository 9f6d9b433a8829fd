"""A corpus in several files: a folder of them, or a path with ``*``, for both sides or for each side.

Files are taken in the order of their names. Where each side has its own, the first file of one side goes with the first
of the other, and so on; each two must have as many lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, final

from regard.corpus.files import STANDARD_INPUT, require_file
from regard.corpus.formats.arrow import is_dataset
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.formats.registry import WITH_COLUMNS, suffix_of
from regard.corpus.pair import Pair
from regard.corpus.pairs import read_every_pair, without_blanks
from regard.corpus.report import Report
from regard.errors import CorpusError

_PATTERN: Final = re.compile(r"[*?\[]")


@final
@dataclass(frozen=True, slots=True)
class Shard:
    """One file with both sides, or two files that belong together."""

    source: Path
    target: Path | None


def shards_of(source: Path, target: Path | None = None) -> tuple[Shard, ...]:
    """The files that make up a corpus; a plain file is a corpus of one.

    Raises:
        CorpusError: a folder is empty, nothing has such a name, or the sides have different numbers of files.
    """
    sources = files_named(source)
    if target is None:
        return tuple(Shard(file, None) for file in sources)
    targets = files_named(target)
    if len(sources) != len(targets):
        raise CorpusError(
            f"{source} names {len(sources):,} files but {target} names {len(targets):,}; the first of one side goes "
            "with the first of the other, so there must be as many"
        )
    return tuple(map(Shard, sources, targets))


def require_corpus(source: Path, target: Path | None = None) -> None:
    """Refuses a corpus of which a file is missing, without reading any.

    Args:
        source: as for ``shards_of``.
        target: as for ``shards_of``.

    Raises:
        CorpusError: as for ``shards_of``; or a file is not there, empty, or nothing that can be read more than once.
    """
    for shard in shards_of(source, target):
        for file in (shard.source, shard.target):
            if file is not None and file != STANDARD_INPUT and not is_dataset(file):
                require_file(file)


def require_columns(source: Path, target: Path | None = None) -> None:
    """Refuses a corpus of which no file has columns, for who asks for some.

    Args:
        source: as for ``shards_of``.
        target: as for ``shards_of``.

    Raises:
        CorpusError: as for ``shards_of``; or no file has columns.
    """
    if not any(_has_columns(shard) for shard in shards_of(source, target)):
        files = str(source) if target is None else f"{source} and {target}"
        raise CorpusError(
            f"{files}: this is no table with named columns (one file, {', '.join(sorted(WITH_COLUMNS))}); leave out "
            "--source-column and --target-column"
        )


def _has_columns(shard: Shard) -> bool:
    return shard.target is None and (shard.source == STANDARD_INPUT or suffix_of(shard.source) in WITH_COLUMNS)


def read_shards(shards: tuple[Shard, ...], *, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """Every pair of every shard, blank ones too, one shard after the other.

    Args:
        shards: of the corpus.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: a shard cannot be read; raised when it is reached.
    """
    return chain.from_iterable(read_every_pair(shard.source, shard.target, reading=reading) for shard in shards)


def read_corpus(source: Path, target: Path | None = None, *, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pairs of a corpus in one file or in several; those with a blank side are left out.

    Args:
        source: as for ``read_pairs``; or a folder of such files, or a path with ``*`` (see ``shards_of``).
        target: as for ``source``.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: as for ``shards_of`` at once, as for ``read_shards`` when a shard is reached.
    """
    return without_blanks(read_shards(shards_of(source, target), reading=reading), Report())


def files_named(path: Path) -> tuple[Path, ...]:
    """The files that a folder, or a path with ``*``, stands for, by name; any other path stands for itself.

    Raises:
        CorpusError: a folder is empty, or nothing has such a name.
    """
    if path == STANDARD_INPUT or path.is_file() or is_dataset(path):
        return (path,)
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.is_file() and not _is_hidden(file))
        if not found:
            raise CorpusError(f"{path} is a folder without files; shards of a corpus are expected in it")
        return tuple(found)
    if _PATTERN.search(path.name) and not path.exists():
        meant = path.parent.glob(path.name)
        found = sorted(file for file in meant if file.is_file() and (_is_hidden(path) or not _is_hidden(file)))
        if not found:
            raise CorpusError(f"no file is called {path}; check the folder and the pattern")
        return tuple(found)
    return (path,)


def _is_hidden(path: Path) -> bool:
    """Whether a shell's ``*`` would leave a file out, as what a file manager puts into a folder of its own accord."""
    return path.name.startswith(".")
