"""Pairs of id sequences in files, read through the system's page cache: a process holds nothing of them for itself.

FOLDER/source.ids, target.ids            the ids of all sentences, 2 bytes each (4 in large vocabularies)
FOLDER/source.offsets, target.offsets    where each sentence begins, and behind the last one the end; 8 bytes each
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from regard.batches.encoded import EncodedPairs, IdArray, IntArray, Ragged
from regard.errors import CorpusError

IdType = np.dtype[np.uint16] | np.dtype[np.int32]

_SIDES: Final = ("source", "target")
_OFFSET: Final = np.dtype("<i8")


def id_type(vocab_size: int) -> IdType:
    """The smallest type that holds every id of a vocabulary."""
    return np.dtype("<u2") if vocab_size <= 1 << 16 else np.dtype("<i4")


@final
class PairsWriter:
    """Writes pairs into a folder as they come, with what little memory one portion needs. Open it with ``with``."""

    def __init__(self, folder: Path, *, vocab_size: int) -> None:
        self._type = id_type(vocab_size)
        self._ends = [0, 0]
        self._open = ExitStack()
        self._ids = [self._open.enter_context((folder / f"{side}.ids").open("wb")) for side in _SIDES]
        self._offsets = [self._open.enter_context((folder / f"{side}.offsets").open("wb")) for side in _SIDES]
        for file in self._offsets:
            file.write(np.zeros(1, _OFFSET).tobytes())

    def __enter__(self) -> "PairsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, source: Ragged, target: Ragged) -> None:
        """Some more pairs."""
        for side, sequences in enumerate((source, target)):
            self._ids[side].write(sequences.ids.astype(self._type, copy=False).tobytes())
            self._offsets[side].write((sequences.offsets[1:] + self._ends[side]).astype(_OFFSET).tobytes())
            self._ends[side] += int(sequences.offsets[-1])


def open_pairs(folder: Path, *, vocab_size: int) -> EncodedPairs:
    """The pairs that a ``PairsWriter`` wrote, mapped from their files.

    Raises:
        CorpusError: the files do not belong together.
    """
    source, target = (_mapped(folder, side, id_type(vocab_size)) for side in _SIDES)
    if len(source) != len(target):
        raise CorpusError(f"{folder} holds {len(source):,} source and {len(target):,} target sentences; remove it")
    return EncodedPairs(source, target)


def _mapped(folder: Path, side: str, kind: IdType) -> Ragged:
    offsets: IntArray = _map(folder / f"{side}.offsets", _OFFSET)
    ids: IdArray = _map(folder / f"{side}.ids", kind)
    if not len(offsets) or int(offsets[-1]) != len(ids):
        raise CorpusError(f"{folder}: the {side} side's ids and offsets do not belong together; remove the folder")
    return Ragged(ids, offsets)


def _map(path: Path, kind: "np.dtype[Any]") -> npt.NDArray[Any]:
    """A file as an array; an empty one cannot be mapped."""
    return np.memmap(path, dtype=kind, mode="r") if path.stat().st_size else np.empty(0, kind)
