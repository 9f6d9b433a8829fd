from collections import Counter

import pytest

from regard.corpus import Origin, Pair, read_pairs, sample_corpus, sample_pairs
from regard.errors import CorpusError

PAIRS = [Pair(f"s{number}", f"t{number}", Origin("a", number)) for number in range(20)]


def test_a_sample_keeps_the_order_and_follows_the_seed():
    sample = sample_pairs(PAIRS, 8, seed=3)
    assert sample == sorted(sample, key=PAIRS.index) == sample_pairs(iter(PAIRS), 8, seed=3)
    assert len(set(sample)) == 8
    assert sample != sample_pairs(PAIRS, 8, seed=4)


def test_a_small_corpus_is_given_whole():
    assert sample_pairs(PAIRS, 100) == PAIRS
    assert sample_pairs([], 5) == []


def test_every_pair_has_the_same_chance():
    drawn = Counter(pair for seed in range(2000) for pair in sample_pairs(PAIRS, 5, seed=seed))
    assert set(drawn) == set(PAIRS)
    assert all(400 < count < 600 for count in drawn.values())  # 500 expected, 19 is one standard deviation


def test_a_sample_is_written_as_it_was_read(tmp_path):
    (tmp_path / "a.en").write_text("".join(f"{number}\n" for number in range(100)), encoding="utf-8")
    (tmp_path / "a.fr").write_text("".join(f"n {number}\n" for number in range(100)), encoding="utf-8")
    assert sample_corpus(tmp_path / "a.en", tmp_path / "a.fr", out=tmp_path / "out", size=10) == 10
    pairs = list(read_pairs(tmp_path / "out" / "sample.en", tmp_path / "out" / "sample.fr"))
    assert len(pairs) == 10
    assert all(pair.target == f"n {pair.source}" for pair in pairs)


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(CorpusError, match="a sample needs a positive size, but 0 is given"):
        sample_pairs(PAIRS, 0)
