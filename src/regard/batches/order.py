"""The order of training batches: a pure function of (seed, epoch), so that a place in it is two numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from regard.batches.batch import Batch, make_batch
from regard.batches.bucketing import bucketed
from regard.batches.encoded import EncodedPairs, IntArray

_CONTROL_TOKENS = 1  # EOS on the source side, BOS or EOS on the target side


@final
@dataclass(frozen=True, slots=True)
class Place:
    """How many batches of which epoch have been taken."""

    epoch: int = 0
    batch: int = 0


@final
class BatchStream:
    """All pairs, again and again, each epoch in a new order. ``place`` says where it stands and can be set."""

    def __init__(self, pairs: EncodedPairs, *, budget: int, seed: int, place: Place | None = None) -> None:
        self.pairs = pairs
        self.budget = budget
        self.seed = seed
        self.place = place or Place()
        self._epoch: tuple[int, list[IntArray]] | None = None

    def __iter__(self) -> Iterator[Batch]:
        """Batches without end."""
        while True:
            yield self.take()

    def take(self) -> Batch:
        """The next batch; moves the place."""
        batches = self.batches_of(self.place.epoch)
        batch = make_batch(self.pairs, batches[self.place.batch])
        following = Place(self.place.epoch, self.place.batch + 1)
        self.place = following if following.batch < len(batches) else Place(self.place.epoch + 1, 0)
        return batch

    def batches_of(self, epoch: int) -> list[IntArray]:
        """The pairs of each batch of an epoch, in order."""
        if self._epoch is None or self._epoch[0] != epoch:
            rng = np.random.default_rng((self.seed, epoch))
            source, target = self.pairs.source.lengths, self.pairs.target.lengths
            batches = bucketed(source + _CONTROL_TOKENS, target + _CONTROL_TOKENS, budget=self.budget, rng=rng)
            self._epoch = (epoch, batches)
        return self._epoch[1]

    @property
    def epochs_done(self) -> float:
        """Epochs taken so far, with fraction."""
        return self.place.epoch + self.place.batch / len(self.batches_of(self.place.epoch))
