"""A corpus too large for memory: looked over once, then read again and again from its files.

What is remembered of a pair is one bit, on disk: whether it is trained on. Looking a corpus over takes memory that
grows by eight bytes a pair, as any check of it does; training on it takes none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, compress, islice
from pathlib import Path
from typing import Final, final

import numpy as np
import numpy.typing as npt

from regard.corpus import Pair, Reading
from regard.corpus.check import Checking, CheckResult
from regard.corpus.fingerprints import fingerprints
from regard.corpus.held_out import held_groups, require_different_sources
from regard.corpus.shards import Shard, read_shards
from regard.text import normalise

Bits = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]
Tell = Callable[[int, int], None]

TRAINED_ON: Final = "trained-on.bits"
_KEYS: Final = "keys.tmp"
_PORTION: Final = 8_192  # pairs, a multiple of 8
_BLOCK: Final = 1 << 20  # keys, a multiple of 8
_CANDIDATES: Final = 2  # sources to choose from, for each pair to hold out: too frequent ones are passed over


@final
class StreamedPairs:
    """The chosen pairs of a corpus in its order, read from the files each time they are gone through."""

    def __init__(self, shards: tuple[Shard, ...], chosen: Bits, count: int, *, reading: Reading) -> None:
        self.shards = shards
        self.reading = reading
        self._chosen = chosen
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Pair]:
        portions = (self._chosen[start : start + _PORTION] for start in range(0, len(self._chosen), _PORTION))
        bits = chain.from_iterable(np.unpackbits(portion).tolist() for portion in portions)
        return compress(read_shards(self.shards, reading=self.reading), bits)


@final
@dataclass(frozen=True, slots=True)
class Overview:
    """What looking over a corpus found: how many pairs there are, how many can be trained on, what the check said."""

    num_read: int
    num_sound: int
    result: CheckResult


def look_over(checking: Checking, folder: Path, *, tell: Tell) -> Overview:
    """Goes through a check; notes in ``folder`` which pairs are sound, and a key for each source sentence."""
    total = sum(fact.num_lines for fact in checking.files) // (1 if checking.target is None else 2)
    num_read = num_sound = 0
    judged = iter(checking)
    with (folder / TRAINED_ON).open("wb") as bits, (folder / _KEYS).open("wb") as keys:
        while portion := list(islice(judged, _PORTION)):
            sound = np.array([reason is None for _, reason in portion])
            bits.write(np.packbits(sound).tobytes())
            keys.write(fingerprints(source_key(pair) for pair, _ in portion).tobytes())
            num_read, num_sound = num_read + len(portion), num_sound + int(sound.sum())
            tell(num_read, total)
    return Overview(num_read, num_sound, checking.result())


def source_key(pair: Pair) -> str:
    """What two pairs share that must not be on both sides of a split."""
    return normalise(pair.source.encode("utf-8", "replace").decode()).casefold()


def hold_out(folder: Path, wanted: int) -> Bits:
    """Takes about ``wanted`` sound pairs out of those trained on, so that no source sentence is on both sides.

    Those with the smallest keys: a key is a hash, so they are spread over the corpus, and the same corpus is always
    split the same way. A source that is more frequent than that is left (see ``held_groups``).

    Returns:
        One bit for every pair: whether it was taken out.

    Raises:
        CorpusError: all pairs have the same source sentence.
    """
    keys, bits = _keys(folder), np.fromfile(folder / TRAINED_ON, dtype=np.uint8)
    smallest = np.empty(0, dtype=np.uint64)
    for block, sound in _blocks(keys, bits):
        smallest = np.unique(np.concatenate([smallest, block[sound]]))[: wanted * _CANDIDATES]
    counts = np.zeros(len(smallest), dtype=np.int64)
    for block, sound in _blocks(keys, bits):
        found = np.searchsorted(smallest, block[sound & np.isin(block, smallest)])
        counts += np.bincount(found, minlength=len(smallest))
    require_different_sources(len(smallest), int(counts.sum()))
    chosen = smallest[held_groups(counts, wanted, least=1)]
    held = np.concatenate([np.packbits(sound & np.isin(block, chosen)) for block, sound in _blocks(keys, bits)])
    (bits & ~held).tofile(folder / TRAINED_ON)
    return held


def count_seen(folder: Path, pairs: list[Pair]) -> int:
    """How many of some other pairs have a source sentence that is trained on."""
    wanted = fingerprints(source_key(pair) for pair in pairs)
    seen = np.zeros(len(wanted), dtype=np.bool_)
    for block, sound in _blocks(_keys(folder), np.fromfile(folder / TRAINED_ON, dtype=np.uint8)):
        seen |= np.isin(wanted, block[sound])
    return int(seen.sum())


def forget_keys(folder: Path) -> None:
    """Removes what is needed while looking over only."""
    (folder / _KEYS).unlink()


def _keys(folder: Path) -> Keys:
    return np.memmap(folder / _KEYS, dtype=np.uint64, mode="r")


def _blocks(keys: Keys, bits: Bits) -> Iterator[tuple[Keys, npt.NDArray[np.bool_]]]:
    """Keys, and which of them are sound, block by block."""
    for start in range(0, len(keys), _BLOCK):
        block = keys[start : start + _BLOCK]
        sound = np.unpackbits(bits[start // 8 : (start + _BLOCK) // 8], count=len(block))
        yield block, sound.astype(np.bool_)
