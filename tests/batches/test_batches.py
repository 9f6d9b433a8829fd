"""Batches hold every pair once, keep the budget, and come in an order that two numbers describe."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regard.batches import BatchStream, EncodedPairs, Place, Ragged, bucketed, make_batch
from regard.text.control import BOS, EOS, PAD

lengths = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=60)


def pairs_of(sizes: list[tuple[int, int]]) -> EncodedPairs:
    return EncodedPairs(Ragged.of([[7] * s for s, _ in sizes]), Ragged.of([[9] * t for _, t in sizes]))


@given(lengths, st.integers(1, 200), st.integers(0, 5))
def test_every_pair_is_in_exactly_one_batch_within_the_budget(
    sizes: list[tuple[int, int]], budget: int, seed: int
) -> None:
    source, target = (np.array([size[side] for size in sizes], dtype=np.int64) for side in (0, 1))
    batches = bucketed(source, target, budget=budget, rng=np.random.default_rng(seed))
    assert sorted(index for batch in batches for index in batch.tolist()) == list(range(len(sizes)))
    for batch in batches:
        cells = len(batch) * (source[batch].max() + target[batch].max())
        assert cells <= budget or len(batch) == 1


def test_sorting_leaves_little_padding() -> None:
    rng = np.random.default_rng(0)
    target = rng.poisson(14, 29_000) + 2
    source = np.maximum(1, target + rng.integers(-3, 4, 29_000))
    batches = bucketed(source, target, budget=4096, rng=rng)
    cells = sum(len(batch) * (source[batch].max() + target[batch].max()) for batch in batches)
    assert 1 - (source.sum() + target.sum()) / cells < 0.04


def test_batches_come_in_few_shapes() -> None:
    rng = np.random.default_rng(0)
    target = rng.poisson(14, 29_000) + 2
    source = np.maximum(1, target + rng.integers(-3, 4, 29_000))
    rows = [len(batch) for batch in bucketed(source, target, budget=4096, rng=rng)]
    odd = [count for count in rows if count % 32 and count > 32]
    assert len(odd) <= 1  # what is left at the end
    assert sum(rows) == 29_000


def test_a_batch_is_what_a_translation_model_reads() -> None:
    pairs = EncodedPairs(Ragged.of([[5, 6], [7]]), Ragged.of([[8], [9, 10, 11]]))
    batch = make_batch(pairs, np.array([0, 1]))
    assert batch.source.tolist() == [[5, 6, EOS], [7, EOS, PAD]]
    assert batch.target_in.tolist() == [[BOS, 8, PAD, PAD], [BOS, 9, 10, 11]]
    assert batch.target_out.tolist() == [[8, EOS, PAD, PAD], [9, 10, 11, EOS]]
    assert (batch.num_target_tokens, batch.num_tokens) == (6, 11)


def test_a_place_continues_the_stream_across_epochs() -> None:
    pairs = pairs_of([(n % 7 + 1, n % 5 + 1) for n in range(40)])
    stream = BatchStream(pairs, budget=30, seed=4)
    for _ in range(len(stream.batches_of(0)) - 2):
        stream.take()
    continued = BatchStream(pairs, budget=30, seed=4, place=stream.place)
    for _ in range(6):
        assert stream.take().source.tolist() == continued.take().source.tolist()
    assert continued.place.epoch == 1


def test_each_epoch_and_seed_has_its_own_order() -> None:
    pairs = pairs_of([(n % 7 + 1, n % 5 + 1) for n in range(40)])
    orders = [
        [batch.tolist() for batch in BatchStream(pairs, budget=30, seed=seed).batches_of(epoch)]
        for seed, epoch in ((1, 0), (1, 1), (2, 0), (1, 0))
    ]
    assert orders[0] == orders[3]
    assert orders[0] != orders[1]
    assert orders[0] != orders[2]


def test_the_fingerprint_tells_corpora_apart() -> None:
    first, same, other = pairs_of([(1, 2), (2, 1)]), pairs_of([(1, 2), (2, 1)]), pairs_of([(2, 1), (1, 2)])
    assert first.fingerprint == same.fingerprint != other.fingerprint
    assert BatchStream(first, budget=9, seed=0).place == Place(0, 0)
