"""Writes pairs as they came: two line files, a table, or JSON lines. A folder appears whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from regard.corpus.files import STANDARD_INPUT, is_gzip
from regard.corpus.pair import Pair
from regard.corpus.pairs import is_by_line
from regard.corpus.shards import Shard, shards_of
from regard.errors import CorpusError, OutputExistsError

Write = Callable[[Pair], None]


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which gets the name ``path`` at the end; after an error nothing is left of it.

    Raises:
        OutputExistsError: something is there already.
    """
    refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        inside = aside / path.name
        inside.mkdir()
        yield inside
        refuse_existing(path)
        inside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_existing(path: Path) -> None:
    """Never writes over anything.

    Raises:
        OutputExistsError: something is there already.
    """
    if os.path.lexists(path):
        raise OutputExistsError(f"{path} exists already and is left as it is; give another folder, or remove it")


def names_like(stem: str, source: Path, target: Path | None) -> tuple[str, ...]:
    """File names for pairs written as they were read: ``train.en`` and ``train.fr``, or ``train.tsv``.

    What was not read line by line is written as JSON lines, and so are files of several kinds.

    Args:
        stem: what the names begin with.
        source: as for ``read_corpus``.
        target: as for ``read_corpus``.

    Raises:
        CorpusError: there are no such files.
    """
    names = {_names_like(stem, shard) for shard in shards_of(source, target)}
    return names.pop() if len(names) == 1 else (f"{stem}.jsonl",)


def _names_like(stem: str, shard: Shard) -> tuple[str, ...]:
    source, target = shard.source, shard.target
    if target is None:
        return (f"{stem}{_suffix_of_both(source)}",)
    if not is_by_line(source, target):
        return (f"{stem}.jsonl",)
    first, second = _suffix(source), _suffix(target)
    if first == second:
        return (f"{stem}.source{first}", f"{stem}.target{second}")
    return (f"{stem}{first}", f"{stem}{second}")


@contextmanager
def pair_writer(folder: Path, names: tuple[str, ...]) -> Iterator[Write]:
    """A function that writes a pair to the named files of a folder; two names are the two sides.

    Raises:
        CorpusError: a pair does not fit into the files (from the function).
    """
    with ExitStack() as stack:
        files = [stack.enter_context((folder / name).open("x", encoding="utf-8", newline="\n")) for name in names]
        if len(files) == 2:
            yield lambda pair: _write_sides(files[0], files[1], pair)
        elif names[0].lower().endswith(".jsonl"):
            yield lambda pair: write_json(files[0], pair)
        else:
            yield lambda pair: write_row(files[0], pair)


def write_row(file: TextIO, pair: Pair) -> None:
    """Writes a pair as a row of a table.

    Raises:
        CorpusError: a sentence holds a tab or a line feed.
    """
    file.write(f"{_fitting(pair.source, pair)}\t{_fitting(pair.target, pair)}\n")


def write_json(file: TextIO, pair: Pair, /, **more: str | int) -> None:
    """Writes a pair as a JSON object, with further keys before it."""
    file.write(json.dumps({**more, "source": pair.source, "target": pair.target}, ensure_ascii=False) + "\n")


def _write_sides(source: TextIO, target: TextIO, pair: Pair) -> None:
    source.write(_one_line(pair.source, pair) + "\n")
    target.write(_one_line(pair.target, pair) + "\n")


def _fitting(sentence: str, pair: Pair) -> str:
    if "\t" in sentence:
        raise CorpusError(f"{pair.origin}: a sentence with a tab in it cannot stand in a table; use JSON lines")
    return _one_line(sentence, pair)


def _one_line(sentence: str, pair: Pair) -> str:
    """The sentence without what reading would take for a line end or a byte order mark."""
    if "\n" in sentence:
        raise CorpusError(f"{pair.origin}: a sentence with a line feed in it cannot stand on one line; use JSON lines")
    return sentence.lstrip("\ufeff").rstrip("\r")


def _suffix_of_both(path: Path) -> str:
    if path == STANDARD_INPUT:
        return ".tsv"
    return _suffix(path) if is_by_line(path) else ".jsonl"


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if is_gzip(path) else path.suffix
