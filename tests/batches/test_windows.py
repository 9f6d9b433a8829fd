"""A pass over a corpus that does not fit into memory: every pair once, mixed, the same from the seed, resumable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.batches import Batch, BatchStream, EncodedPairs, Ragged
from regard.batches.windows import num_windows, windows_of
from regard.text.control import EOS


def numbered(count: int) -> EncodedPairs:
    """Pairs that say their number: its digits to the base 100, from 10 on."""
    side = Ragged.of([[10 + number // 100, 10 + number % 100, *[9] * (number % 7)] for number in range(count)])
    return EncodedPairs(side, side)


def numbers_in(batch: Batch) -> list[int]:
    return [(row[0] - 10) * 100 + row[1] - 10 for row in batch.source.tolist()]


@given(st.integers(1, 5_000), st.integers(1, 2_000), st.integers(0, 5))
@settings(max_examples=60)
def test_windows_hold_every_pair_once(count: int, window: int, epoch: int) -> None:
    windows = windows_of(count, seed=1, epoch=epoch, window_pairs=window)
    assert len(windows) == num_windows(count, window_pairs=window)
    assert sorted(np.concatenate([part.numbers() for part in windows]).tolist()) == list(range(count))
    assert all(0 < len(part) <= window + 2 * max(1, window // 256) for part in windows)


def stream(*, seed: int = 3) -> BatchStream:
    return BatchStream(numbered(5_000), budget=300, seed=seed, window_pairs=1_000)


def test_an_epoch_in_windows_has_every_pair_once_and_the_next_another_order() -> None:
    whole = stream()
    assert whole.num_windows == 5
    epochs: list[list[int]] = [[], []]
    while whole.place.epoch < 2:
        epochs[whole.place.epoch] += numbers_in(whole.take())
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(5_000))
    assert epochs[0] != epochs[1]


def test_the_first_window_draws_from_the_whole_corpus() -> None:
    # blocks of 2,048 pairs: with 1,000 blocks the first window has some of every part of the corpus
    first = windows_of(2_048_000, seed=1, epoch=0)[0].numbers()
    assert (np.histogram(first, bins=8, range=(0, 2_048_000))[0] > 40_000).all()


def test_a_stream_goes_on_in_the_middle_of_a_window() -> None:
    whole = stream()
    while (whole.place.window, whole.place.batch) != (3, 4):
        whole.take()
    resumed = stream()
    resumed.place = whole.place
    for _ in range(160):
        assert numbers_in(whole.take()) == numbers_in(resumed.take())
    assert whole.place.epoch == 1


def test_progress_through_windows_is_told_in_epochs() -> None:
    part = stream()
    assert part.epochs_done == 0
    told = []
    while part.place.epoch < 1:
        part.take()
        told.append(part.epochs_done)
    assert told == sorted(told)
    assert told[-1] == 1
    assert part.batches_per_epoch == pytest.approx(len(told), rel=0.1)


def test_one_window_has_the_order_it_always_had() -> None:
    pairs = numbered(400)
    plain = BatchStream(pairs, budget=100, seed=5)
    first = plain.take()
    # Drawn by the first version that had no windows: published runs go on as they began.
    assert numbers_in(first) == [262, 192, 45, 339, 143, 172, 312]
    assert all(row[-1] == EOS or EOS in row for row in first.source.tolist())


def test_windows_differ_by_seed() -> None:
    assert numbers_in(stream().take()) != numbers_in(stream(seed=4).take())
