"""The order of training batches: a pure function of (seed, epoch), so that a place in it is two numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from regard.batches.batch import Batch, make_batch
from regard.batches.bucketing import bucketed
from regard.batches.encoded import EncodedPairs, IntArray

_CONTROL_TOKENS = 1  # EOS on the source side, BOS or EOS on the target side

Recut = Callable[[int], EncodedPairs]


@final
@dataclass(frozen=True, slots=True)
class Place:
    """How many batches of which epoch have been taken."""

    epoch: int = 0
    batch: int = 0


@final
@dataclass(frozen=True, slots=True)
class _Epoch:
    """The pairs of an epoch as they are cut in it, and which of them make each batch."""

    number: int
    pairs: EncodedPairs
    batches: list[IntArray]


@final
class BatchStream:
    """All pairs, again and again, each epoch in a new order. ``place`` says where it stands and can be set.

    Args:
        pairs: what to batch.
        budget: tokens of a batch, padding included, at most.
        seed: which order.
        place: where to begin.
        packed_width: rows hold as many short sentences as fit into so many cells; without it, one each. Which
            sentences make a batch, and in which order batches come, is the same.
        recut: gives the pairs of an epoch, the same sentences cut into other ids (BPE-dropout). It has to be a function
            of the epoch alone; without it every epoch has ``pairs``.
    """

    def __init__(
        self,
        pairs: EncodedPairs,
        *,
        budget: int,
        seed: int,
        place: Place | None = None,
        packed_width: int | None = None,
        recut: Recut | None = None,
    ) -> None:
        self.pairs = pairs
        self.budget = budget
        self.seed = seed
        self.place = place or Place()
        self.packed_width = packed_width
        self._recut = recut
        self._epoch: _Epoch | None = None

    def __iter__(self) -> Iterator[Batch]:
        """Batches without end."""
        while True:
            yield self.take()

    def take(self) -> Batch:
        """The next batch; moves the place."""
        epoch = self._epoch_of(self.place.epoch)
        batch = make_batch(epoch.pairs, epoch.batches[self.place.batch], packed_width=self.packed_width)
        following = Place(self.place.epoch, self.place.batch + 1)
        self.place = following if following.batch < len(epoch.batches) else Place(self.place.epoch + 1, 0)
        return batch

    def batches_of(self, epoch: int) -> list[IntArray]:
        """The pairs of each batch of an epoch, in order."""
        return self._epoch_of(epoch).batches

    @property
    def epochs_done(self) -> float:
        """Epochs taken so far, with fraction."""
        if self.place.batch == 0:
            return float(self.place.epoch)
        return self.place.epoch + self.place.batch / len(self.batches_of(self.place.epoch))

    def _epoch_of(self, number: int) -> _Epoch:
        if self._epoch is None or self._epoch.number != number:
            self._epoch = self._made(number)
        return self._epoch

    def _made(self, number: int) -> _Epoch:
        pairs = self.pairs if self._recut is None else self._recut(number)
        rng = np.random.default_rng((self.seed, number))
        source, target = pairs.source.lengths + _CONTROL_TOKENS, pairs.target.lengths + _CONTROL_TOKENS
        return _Epoch(number, pairs, bucketed(source, target, budget=self.budget, rng=rng))
