"""Packing puts every pair into exactly one row, and wastes little of it."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regard.batches import BatchStream, EncodedPairs, Ragged, make_batch, packed
from regard.layout import Layout
from regard.text.control import BOS, EOS, PAD

sizes = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=60)


def lengths_of(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    source, target = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return source, target


@given(sizes, st.integers(1, 80))
def test_every_pair_is_in_exactly_one_row_and_fits(pairs: list[tuple[int, int]], width: int) -> None:
    source, target = lengths_of(pairs)
    rows = packed(source, target, width=width)
    assert sorted(index for row in rows for index in row.tolist()) == list(range(len(pairs)))
    for row in rows:
        assert len(row) == 1 or max(source[row].sum(), target[row].sum()) <= width
        assert row.tolist() == sorted(row.tolist())


@given(sizes, st.integers(30, 80))
def test_no_two_rows_could_have_been_one(pairs: list[tuple[int, int]], width: int) -> None:
    source, target = lengths_of(pairs)
    rows = packed(source, target, width=width)
    for first, second in pairwise(rows):
        both = np.concatenate((first, second))
        assert max(source[both].sum(), target[both].sum()) > width


def test_rows_of_captions_are_nearly_full() -> None:
    rng = np.random.default_rng(0)
    target = rng.poisson(14, 300) + 2
    source = np.maximum(1, target + rng.integers(-3, 4, 300))
    rows = packed(source, target, width=128)
    assert (source.sum() + target.sum()) / (2 * 128 * len(rows)) > 0.93


def test_a_packed_batch_holds_what_the_separate_one_holds() -> None:
    pairs = EncodedPairs(Ragged.of([[5, 6], [7], [4]]), Ragged.of([[8], [9, 10, 11], [12]]))
    batch = make_batch(pairs, np.array([0, 1, 2]), packed_width=6)
    assert batch.source.tolist() == [[5, 6, EOS, 7, EOS], [4, EOS, PAD, PAD, PAD]]
    assert batch.target_in.tolist() == [[BOS, 8, BOS, 9, 10, 11], [BOS, 12, PAD, PAD, PAD, PAD]]
    assert batch.target_out.tolist() == [[8, EOS, 9, 10, 11, EOS], [12, EOS, PAD, PAD, PAD, PAD]]
    assert batch.source_layout == Layout.packed([[3, 2], [2]])
    assert batch.target_layout == Layout.packed([[2, 4], [2]])
    separate = make_batch(pairs, np.array([0, 1, 2]))
    assert (batch.num_tokens, batch.num_target_tokens) == (separate.num_tokens, separate.num_target_tokens)


def test_a_stream_draws_the_same_sentences_packed_or_not() -> None:
    def stream(width: int | None) -> BatchStream:
        ragged = Ragged.of([[7 + n % 3] * (n % 7 + 1) for n in range(40)])
        return BatchStream(EncodedPairs(ragged, ragged), budget=60, seed=4, packed_width=width)

    separate, together = stream(None), stream(24)
    for _ in range(8):
        one, other = separate.take(), together.take()
        assert sorted(one.source[one.source != PAD].tolist()) == sorted(other.source[other.source != PAD].tolist())
        assert other.source_layout.num_rows < one.source_layout.num_rows
