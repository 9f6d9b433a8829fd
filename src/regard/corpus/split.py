"""Splits a corpus so that no source sentence is in two splits, however it is punctuated or capitalised."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from regard.corpus.files import STANDARD_INPUT
from regard.corpus.fingerprints import MOST_SALT, Fingerprints, contains, fingerprints
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.held_out import held_groups, require_different_sources
from regard.corpus.pair import Pair
from regard.corpus.shards import read_corpus
from regard.corpus.writing import names_like, new_folder, pair_writer
from regard.errors import CorpusError

TRAIN: Final = "train"
SPLITS: Final = ("valid", "test", TRAIN)
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
    out larger than asked for: up to half as large again, unless there are too few rarer sources to choose from. A
    source that is more frequent is learned from. The same corpus and seed give the same split, whatever the order of
    the pairs.

    Args:
        source: as for ``read_corpus``; files, because they are read twice.
        target: as for ``read_corpus``.
        out: the folder to make.
        valid: pairs held out for validation, at least.
        test: pairs held out for testing, at least.
        seed: which split, from 0 to 2⁶⁴ - 1.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read, or has too few pairs, or changes while it is split.
        OutputExistsError: the folder exists.
    """
    _check_sizes(valid, test)
    _check_seed(seed)
    if source == STANDARD_INPUT:
        raise CorpusError("a corpus to split is read twice, and standard input only once; save it as a file first")
    with new_folder(out) as folder:
        keys = _all_keys(read_corpus(source, target, reading=reading), seed)
        counts = dict.fromkeys(SPLITS, 0)
        with ExitStack() as stack:
            used = {"valid": valid > 0, "test": test > 0, TRAIN: True}
            write = {
                name: stack.enter_context(pair_writer(folder, names_like(name, source, target)))
                for name in SPLITS
                if used[name]
            }
            held = _held(keys, {"valid": valid, "test": test})
            for pair, name in _assigned(read_corpus(source, target, reading=reading), held, seed):
                write[name](pair)
                counts[name] += 1
        if sum(counts.values()) != len(keys):
            raise CorpusError(
                f"{source} had {len(keys):,} pairs at first, and {sum(counts.values()):,} when it was read once more; "
                "do not change it while it is split"
            )
    return SplitSizes(**counts)


def source_key(source: str) -> str:
    """What two source sentences must share to count as the same: their words, without case and punctuation."""
    folded = unicodedata.normalize("NFKC", source).casefold()
    return _NO_LETTER.sub(" ", folded).strip() or folded.strip()


def _check_sizes(valid: int, test: int) -> None:
    if valid < 0 or test < 0 or valid + test == 0:
        raise CorpusError(f"a split needs a positive size, but valid={valid} and test={test} are given")


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= MOST_SALT:
        raise CorpusError(f"a seed is a whole number from 0 to {MOST_SALT}, but {seed} is given")


def _batches(pairs: Iterable[Pair], seed: int) -> Iterator[tuple[list[Pair], Fingerprints]]:
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH_PAIRS)):
        yield batch, fingerprints((source_key(pair.source) for pair in batch), salt=seed)


def _all_keys(pairs: Iterable[Pair], seed: int) -> Fingerprints:
    keys = [numbers for _, numbers in _batches(pairs, seed)]
    return np.sort(np.concatenate(keys)) if keys else np.empty(0, dtype=np.uint64)


def _held(ordered: Fingerprints, wanted: Mapping[str, int]) -> dict[str, Fingerprints]:
    """The keys of the sources that each split gets, sorted; what is in none of them is learned from.

    Keys are spread evenly, so the lowest ones are a random choice of sources; equal keys never part.
    """
    keys, sizes = np.unique(ordered, return_counts=True)
    require_different_sources(len(keys), len(ordered))
    held: dict[str, Fingerprints] = {}
    for name, size in wanted.items():
        places = held_groups(sizes, size, least=size)
        if sizes[places].sum() < size or len(places) == len(keys):
            raise CorpusError(
                f"{len(ordered):,} pairs are too few to hold out {wanted['valid']:,} for validation and "
                f"{wanted['test']:,} for testing and have some left to learn from; hold out fewer"
            )
        held[name] = keys[places]
        keys, sizes = np.delete(keys, places), np.delete(sizes, places)
    return held


def _assigned(pairs: Iterable[Pair], held: Mapping[str, Fingerprints], seed: int) -> Iterator[tuple[Pair, str]]:
    for batch, keys in _batches(pairs, seed):
        names = np.full(len(batch), TRAIN, dtype=object)
        for name, those in held.items():
            names[contains(those, keys)] = name
        yield from zip(batch, names.tolist(), strict=True)
