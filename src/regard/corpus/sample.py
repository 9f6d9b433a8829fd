"""Draws pairs from a corpus by chance, each with the same probability."""

import random
from collections.abc import Iterable
from pathlib import Path

from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.pair import Pair
from regard.corpus.shards import read_corpus
from regard.corpus.writing import names_like, new_folder, pair_writer
from regard.errors import CorpusError


def sample_pairs(pairs: Iterable[Pair], size: int, *, seed: int = 1) -> list[Pair]:
    """At most ``size`` pairs in the order of the corpus (Vitter's algorithm R); the same seed gives the same ones.

    Raises:
        CorpusError: ``size`` is not positive.
    """
    if size < 1:
        raise CorpusError(f"a sample needs a positive size, but {size} is given")
    chance = random.Random(seed)
    drawn: list[tuple[int, Pair]] = []
    for count, pair in enumerate(pairs):
        if count < size:
            drawn.append((count, pair))
        elif (place := chance.randrange(count + 1)) < size:
            drawn[place] = (count, pair)
    return [pair for _, pair in sorted(drawn, key=lambda item: item[0])]


def sample_corpus(
    source: Path,
    target: Path | None = None,
    *,
    out: Path,
    size: int,
    seed: int = 1,
    reading: Reading = AS_STATED,
) -> int:
    """Makes a folder with ``sample.*`` and says how many pairs it holds.

    Args:
        source: as for ``read_corpus``.
        target: as for ``read_corpus``.
        out: the folder to make.
        size: how many pairs, if the corpus has so many.
        seed: which sample.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read.
        OutputExistsError: the folder exists.
    """
    with new_folder(out) as folder:
        drawn = sample_pairs(read_corpus(source, target, reading=reading), size, seed=seed)
        with pair_writer(folder, names_like("sample", source, target)) as write:
            for pair in drawn:
                write(pair)
    return len(drawn)
