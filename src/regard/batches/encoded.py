"""Sentence pairs as ids, stored flat: one array of ids and one of offsets per side."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


@final
@dataclass(frozen=True, eq=False)
class Ragged:
    """Sequences of ids of different lengths: sequence i is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: npt.NDArray[np.int32]
    offsets: IntArray

    @classmethod
    def of(cls, sequences: Iterable[Sequence[int] | npt.NDArray[np.int32]]) -> "Ragged":
        """Joins sequences into one array."""
        arrays = [np.asarray(sequence, dtype=np.int32) for sequence in sequences]
        offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
        np.cumsum([len(array) for array in arrays], out=offsets[1:])
        return cls(np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int32), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> npt.NDArray[np.int32]:
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> IntArray:
        """How many ids each sequence has."""
        return np.diff(self.offsets)


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
        """A sha256 over all ids and lengths: equal exactly when the training data is."""
        digest = hashlib.sha256()
        for side in (self.source, self.target):
            digest.update(side.offsets.tobytes())
            digest.update(side.ids.tobytes())
        return digest.hexdigest()
