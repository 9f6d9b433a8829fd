"""The order of training batches: a pure function of (seed, epoch, window), so that a place in it is three numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

import numpy as np

from regard.batches.batch import Batch, make_batch, make_share
from regard.batches.bucketing import bucketed
from regard.batches.concatenating import Concatenation
from regard.batches.encoded import EncodedPairs, IntArray
from regard.batches.windows import WINDOW_PAIRS, Window, num_windows, windows_of

_CONTROL_TOKENS: Final = 1  # EOS on the source side, BOS or EOS on the target side
_JOINING: Final = 0x2021  # what is drawn for pairs made of two has nothing to do with the order


@runtime_checkable
class Recut(Protocol):
    """Gives pairs of a corpus the ids of an epoch, the same sentences cut otherwise (BPE-dropout).

    A function of the epoch and of what it is given alone, so that a place in the order is all there is to remember.
    """

    def __call__(self, pairs: EncodedPairs, numbers: IntArray, epoch: int) -> EncodedPairs:
        """The pairs, which have these numbers in the corpus, as they are cut in this epoch."""
        ...

    def expect(self, pairs: EncodedPairs, numbers: IntArray, epoch: int) -> None:
        """These will be asked for next; whoever likes begins with them now."""
        ...

    def close(self) -> None:
        """Nothing more will be asked for."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Place:
    """How many batches of which window of which epoch have been taken; a small corpus has one window."""

    epoch: int = 0
    batch: int = 0
    window: int = 0


@final
@dataclass(frozen=True, slots=True)
class _Portion:
    """The pairs of a window as they are cut in an epoch, and which of them make each batch."""

    epoch: int
    window: int
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
        recut: cuts the pairs of an epoch into other ids; without it every epoch has those of ``pairs``.
        concatenation: adds pairs made of two, other ones each epoch.
        window_pairs: so many pairs, or fewer, are in memory and mixed with each other at a time.
        share: which process this is, of how many that share every batch.
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
        concatenation: Concatenation | None = None,
        window_pairs: int = WINDOW_PAIRS,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.pairs = pairs
        self.budget = budget
        self.seed = seed
        self.place = place or Place()
        self.packed_width = packed_width
        self._recut = recut
        self._concatenation = concatenation
        self._share = share
        self._window_pairs = window_pairs
        self._portion: _Portion | None = None

    def __iter__(self) -> Iterator[Batch]:
        """Batches without end."""
        while True:
            yield self.take()

    def take(self) -> Batch:
        """The next batch; moves the place."""
        place = self.place
        portion = self._portion_at(place.epoch, place.window)
        batch = self._batch(portion.pairs, portion.batches[place.batch])
        if place.batch + 1 < len(portion.batches):
            self.place = Place(place.epoch, place.batch + 1, place.window)
        else:
            epoch, window = self._after(place.epoch, place.window)
            self.place = Place(epoch, 0, window)
        return batch

    def close(self) -> None:
        """Ends what prepares batches ahead, if anything does."""
        if self._recut is not None:
            self._recut.close()

    def batches_of(self, epoch: int, window: int = 0) -> list[IntArray]:
        """The pairs of each batch of a window, in order, as numbers within the window."""
        return self._portion_at(epoch, window).batches

    @property
    def num_windows(self) -> int:
        """Into how many windows an epoch is cut."""
        return num_windows(len(self.pairs), window_pairs=self._window_pairs)

    @property
    def batches_per_epoch(self) -> int:
        """How many batches an epoch has; where it has several windows, about as many, judged by the present one."""
        place = self.place
        return len(self.batches_of(place.epoch, place.window)) * self.num_windows

    @property
    def epochs_done(self) -> float:
        """Epochs taken so far, with fraction."""
        place = self.place
        if place.batch == 0:
            return place.epoch + place.window / self.num_windows
        done = place.batch / len(self.batches_of(place.epoch, place.window))
        return place.epoch + (place.window + done) / self.num_windows

    def _batch(self, pairs: EncodedPairs, indices: IntArray) -> Batch:
        rank, size = self._share
        if size == 1:
            return make_batch(pairs, indices, packed_width=self.packed_width)
        return make_share(pairs, indices, packed_width=self.packed_width, rank=rank, size=size)

    def _after(self, epoch: int, window: int) -> tuple[int, int]:
        """The window that follows, and its epoch."""
        return (epoch, window + 1) if window + 1 < self.num_windows else (epoch + 1, 0)

    def _portion_at(self, epoch: int, window: int) -> _Portion:
        if self._portion is None or (self._portion.epoch, self._portion.window) != (epoch, window):
            self._portion = None  # free the memory of the last one first
            self._portion = self._made(epoch, window)
        return self._portion

    def _made(self, epoch: int, window: int) -> _Portion:
        pairs = self._cut(epoch, window)
        key = (self.seed, epoch) if self.num_windows == 1 else (self.seed, epoch, window)
        if self._concatenation is not None:
            pairs = self._concatenation(pairs, np.random.default_rng((*key, _JOINING)))
        source, target = pairs.source.lengths + _CONTROL_TOKENS, pairs.target.lengths + _CONTROL_TOKENS
        batches = bucketed(source, target, budget=self.budget, rng=np.random.default_rng(key))
        return _Portion(epoch, window, pairs, batches)

    def _cut(self, epoch: int, window: int) -> EncodedPairs:
        chosen, plain = self._plain(epoch, window)
        if self._recut is None:
            return plain
        cut = self._recut(plain, chosen.numbers(), epoch)
        epoch, window = self._after(epoch, window)
        chosen, plain = self._plain(epoch, window)
        self._recut.expect(plain, chosen.numbers(), epoch)
        return cut

    def _plain(self, epoch: int, window: int) -> tuple[Window, EncodedPairs]:
        """A window and its pairs, which are all pairs as they are if there is only one window."""
        windows = windows_of(len(self.pairs), seed=self.seed, epoch=epoch, window_pairs=self._window_pairs)
        chosen = windows[window]
        return chosen, self.pairs if len(windows) == 1 else self.pairs.runs(chosen.starts, chosen.stops)
