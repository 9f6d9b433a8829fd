"""Sentence pairs as ids, stored flat: one array of ids and one of offsets per side, in memory or mapped from a disk."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
IdArray = npt.NDArray[np.int32] | npt.NDArray[np.uint16]

_HASHED_AT_ONCE: Final = 1 << 22


@final
@dataclass(frozen=True, eq=False)
class Ragged:
    """Sequences of ids of different lengths: sequence i is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: IdArray
    offsets: IntArray

    @classmethod
    def of(cls, sequences: Iterable[Sequence[int] | IdArray]) -> "Ragged":
        """Joins sequences into one array."""
        arrays = [np.asarray(sequence, dtype=np.int32) for sequence in sequences]
        offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
        np.cumsum([len(array) for array in arrays], out=offsets[1:])
        return cls(np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int32), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> IdArray:
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> IntArray:
        """How many ids each sequence has."""
        return np.diff(self.offsets)

    def lengths_of(self, indices: IntArray) -> IntArray:
        """How many ids some of the sequences have."""
        return self.offsets[indices + 1] - self.offsets[indices]

    def runs(self, starts: IntArray, stops: IntArray) -> "Ragged":
        """Sequences ``starts[k]`` to before ``stops[k]`` for each k, copied into memory one run after the other."""
        parts = list(zip(starts.tolist(), stops.tolist(), strict=True))
        ids: list[IdArray] = [self.ids[self.offsets[start] : self.offsets[stop]] for start, stop in parts]
        lengths = [np.diff(self.offsets[start : stop + 1]) for start, stop in parts]
        offsets = np.zeros(sum(map(len, lengths)) + 1, dtype=np.int64)
        np.cumsum(np.concatenate(lengths), out=offsets[1:])
        joined: IdArray = np.concatenate(ids)  # type: ignore[assignment]  # as concatenate gives what it was given
        return Ragged(joined, offsets)


@final
@dataclass(frozen=True, eq=False)
class EncodedPairs:
    """Source and target ids, without BOS or EOS, pair by pair."""

    source: Ragged
    target: Ragged

    def __len__(self) -> int:
        return len(self.source)

    @property
    def fingerprint(self) -> str:
        """A sha256 over all ids and lengths: equal exactly when the training data is, wherever it is stored."""
        digest = hashlib.sha256()
        for side in (self.source, self.target):
            for start in range(0, len(side.offsets), _HASHED_AT_ONCE):
                digest.update(side.offsets[start : start + _HASHED_AT_ONCE].tobytes())
            for start in range(0, len(side.ids), _HASHED_AT_ONCE):
                digest.update(side.ids[start : start + _HASHED_AT_ONCE].astype(np.int32, copy=False).tobytes())
        return digest.hexdigest()

    def runs(self, starts: IntArray, stops: IntArray) -> "EncodedPairs":
        """Some runs of neighbouring pairs, copied into memory."""
        return EncodedPairs(self.source.runs(starts, stops), self.target.runs(starts, stops))
