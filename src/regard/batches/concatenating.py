"""Pairs made of two: a source behind another, and their translations likewise (Nguyen et al. 2021).

"Data augmentation by concatenation for low-resource translation: a mystery and a solution" finds that random pairs
joined this way help where pairs are few, though the two sentences have nothing to do with each other.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from regard.batches.encoded import EncodedPairs, IdArray, Ragged


@final
@dataclass(frozen=True, slots=True)
class Concatenation:
    """Adds ``share`` joined pairs for each pair, of two random ones, but none with a side of over ``max_tokens``."""

    share: float
    max_tokens: int

    def __call__(self, pairs: EncodedPairs, rng: np.random.Generator) -> EncodedPairs:
        """The pairs as they are, and joined ones behind them."""
        firsts, seconds = rng.integers(len(pairs), size=(2, round(self.share * len(pairs))))
        fits = np.full(len(firsts), fill_value=True)
        for side in (pairs.source, pairs.target):
            fits &= side.lengths_of(firsts) + side.lengths_of(seconds) <= self.max_tokens
        joined = list(zip(firsts[fits].tolist(), seconds[fits].tolist(), strict=True))
        return EncodedPairs(_with(pairs.source, joined), _with(pairs.target, joined))


def _with(side: Ragged, joined: list[tuple[int, int]]) -> Ragged:
    added = Ragged.of([*side[first].tolist(), *side[second].tolist()] for first, second in joined)
    offsets = np.concatenate((side.offsets, side.offsets[-1] + added.offsets[1:]))
    ids: IdArray = np.concatenate((side.ids.astype(np.int32, copy=False), added.ids.astype(np.int32, copy=False)))
    return Ragged(ids, offsets)
