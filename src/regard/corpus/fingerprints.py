"""Remembers in eight bytes each which texts have been seen.

Two different texts share a fingerprint with a chance of 2⁻⁶⁴: among five million texts, once in a million corpora.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Fingerprints = NDArray[np.uint64]
_BYTES: Final = 8
MOST_SALT: Final = 256**_BYTES - 1


def fingerprints(texts: Iterable[str], *, salt: int = 0) -> Fingerprints:
    """One number per text, spread evenly; the same on every machine.

    Args:
        texts: of what.
        salt: from 0 to ``MOST_SALT``; another salt gives unrelated numbers.
    """
    key = salt.to_bytes(_BYTES, "little")
    digests = [hashlib.blake2b(text.encode(), digest_size=_BYTES, key=key).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64, copy=False)


class SeenBefore:
    """A growing set of fingerprints: sorted arrays, each longer than all later ones, merged as they fill."""

    def __init__(self) -> None:
        self._sorted: list[Fingerprints] = []

    def add(self, values: Fingerprints) -> NDArray[np.bool_]:
        """Adds values and says of each whether it was there already, from before or from earlier in ``values``."""
        first_places = np.unique(values, return_index=True)[1]
        seen = np.ones(len(values), dtype=np.bool_)
        seen[first_places] = False
        for known in self._sorted:
            seen |= contains(known, values)
        self._insert(np.sort(values[~seen]))
        return seen

    def _insert(self, fresh: Fingerprints) -> None:
        if not len(fresh):
            return
        while self._sorted and len(self._sorted[-1]) <= 2 * len(fresh):
            fresh = np.concatenate([self._sorted.pop(), fresh])
            fresh.sort(kind="stable")  # two sorted runs, which this merges
        self._sorted.append(fresh)


def contains(known: Fingerprints, values: Fingerprints) -> NDArray[np.bool_]:
    """Of each value whether it is among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    places = np.searchsorted(known, values)
    return np.asarray(known[np.minimum(places, len(known) - 1)] == values)
