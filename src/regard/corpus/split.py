"""Splits a corpus so that no source sentence is in two splits, however it is punctuated or capitalised."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from regard.corpus.fingerprints import Fingerprints, fingerprints
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.pair import Pair
from regard.corpus.shards import read_corpus
from regard.corpus.writing import names_like, new_folder, pair_writer
from regard.errors import CorpusError

SPLITS: Final = ("valid", "test", "train")
_NO_LETTER: Final = re.compile(r"[\W_]+")
_BATCH_PAIRS: Final = 10_000


@dataclass(frozen=True, slots=True)
class SplitSizes:
    """How many pairs each split got."""

    train: int
    valid: int
    test: int


def split_corpus(
    source: Path,
    target: Path | None = None,
    *,
    out: Path,
    valid: int,
    test: int = 0,
    seed: int = 1,
    reading: Reading = AS_STATED,
) -> SplitSizes:
    """Makes a folder with ``train.*``, ``valid.*`` and ``test.*``, each in the order of the corpus.

    Pairs with the same source, up to case, punctuation and spaces, stay together, so ``valid`` and ``test`` may come
    out slightly larger than asked for. The same corpus and seed give the same split, whatever the order of the pairs.

    Args:
        source: as for ``read_corpus``; a file, because it is read twice.
        target: as for ``read_corpus``.
        out: the folder to make.
        valid: pairs held out for validation, at least.
        test: pairs held out for testing, at least.
        seed: which split.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read, or has too few pairs.
        OutputExistsError: the folder exists.
    """
    _check_sizes(valid, test)
    with new_folder(out) as folder:
        limits = _limits(_all_keys(read_corpus(source, target, reading=reading), seed), valid=valid, test=test)
        counts = dict.fromkeys(SPLITS, 0)
        with ExitStack() as stack:
            used = {"valid": valid > 0, "test": test > 0, "train": True}
            write = {
                name: stack.enter_context(pair_writer(folder, names_like(name, source, target)))
                for name in SPLITS
                if used[name]
            }
            for pair, name in _assigned(read_corpus(source, target, reading=reading), limits, seed):
                write[name](pair)
                counts[name] += 1
    return SplitSizes(**counts)


def source_key(source: str) -> str:
    """What two source sentences must share to count as the same: their words, without case and punctuation."""
    folded = unicodedata.normalize("NFKC", source).casefold()
    return _NO_LETTER.sub(" ", folded).strip() or folded.strip()


def _check_sizes(valid: int, test: int) -> None:
    if valid < 0 or test < 0 or valid + test == 0:
        raise CorpusError(f"a split needs a positive size, but valid={valid} and test={test} are given")


def _batches(pairs: Iterable[Pair], seed: int) -> Iterator[tuple[list[Pair], Fingerprints]]:
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH_PAIRS)):
        yield batch, fingerprints((source_key(pair.source) for pair in batch), salt=seed)


def _all_keys(pairs: Iterable[Pair], seed: int) -> Fingerprints:
    keys = [numbers for _, numbers in _batches(pairs, seed)]
    return np.sort(np.concatenate(keys)) if keys else np.empty(0, dtype=np.uint64)


def _limits(ordered: Fingerprints, *, valid: int, test: int) -> Fingerprints:
    """The first key that is no longer in "valid", and the first that is no longer in "test".

    Keys are spread evenly, so the lowest ones are a random choice of sources; equal keys never part.
    """
    after_valid = int(np.searchsorted(ordered, ordered[valid - 1], side="right")) if 0 < valid < len(ordered) else valid
    after_test = after_valid + test
    if test and after_test < len(ordered):
        after_test = int(np.searchsorted(ordered, ordered[after_test - 1], side="right"))
    if after_test >= len(ordered):
        raise CorpusError(
            f"{len(ordered):,} pairs are too few to hold out {valid:,} for validation and {test:,} for testing and "
            "have some left to learn from; hold out fewer"
        )
    return ordered[[after_valid, after_test]]


def _assigned(pairs: Iterable[Pair], limits: Fingerprints, seed: int) -> Iterator[tuple[Pair, str]]:
    for batch, keys in _batches(pairs, seed):
        for pair, place in zip(batch, np.searchsorted(limits, keys, side="right").tolist(), strict=True):
            yield pair, SPLITS[place]
