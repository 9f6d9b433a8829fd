import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regard.corpus.fingerprints import SeenBefore, fingerprints


def test_equal_texts_have_equal_fingerprints_and_others_do_not():
    numbers = fingerprints(["a", "b", "a", "", "é"])
    assert numbers[0] == numbers[2]
    assert len(set(numbers.tolist())) == 4
    assert not set(numbers.tolist()) & set(fingerprints(["a", "b", "", "é"], salt=1).tolist())
    assert numbers.dtype == np.uint64


def test_fingerprints_are_the_same_everywhere():
    assert fingerprints(["a"]).tolist() == [0x3A030DABA6EC79B9]


@given(st.lists(st.lists(st.integers(0, 30), max_size=20)))
def test_what_was_added_is_remembered(batches):
    seen, known = SeenBefore(), set()
    for batch in batches:
        expected = [value in known or value in batch[:place] for place, value in enumerate(batch)]
        assert seen.add(np.array(batch, dtype=np.uint64)).tolist() == expected
        known.update(batch)


def test_a_million_texts_take_eight_bytes_each():
    seen = SeenBefore()
    chance = np.random.default_rng(0)
    for _ in range(100):
        seen.add(chance.integers(0, 2**64, 10_000, dtype=np.uint64))
    assert sum(len(level) for level in seen._sorted) == 1_000_000
    assert len(seen._sorted) < 12  # so that a look-up stays quick
