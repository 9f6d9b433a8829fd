from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.corpus import STANDARD_INPUT, read_pairs, split_corpus
from regard.corpus import split as split_file
from regard.corpus.split import SplitSizes, source_key
from regard.errors import CorpusError, OutputExistsError


def write(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "pairs.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


def splits(folder: Path) -> dict[str, list[tuple[str, str]]]:
    return {path.stem: [(pair.source, pair.target) for pair in read_pairs(path)] for path in folder.glob("*.tsv")}


def numbered(count: int) -> list[tuple[str, str]]:
    return [(f"Sentence {number}.", f"Phrase {number}.") for number in range(count)]


def test_sentences_are_the_same_whatever_their_dress():
    for other in ("i love you", "I  love you!", "“I love you.”", "I love you", "Ｉ love you…"):
        assert source_key(other) == source_key("I love you.")
    assert source_key("I love you") != source_key("I loved you")
    assert source_key("?!") != source_key("...")
    assert source_key("Straße") == source_key("STRASSE")


@given(numbers=st.lists(st.integers(0, 12), min_size=30, max_size=60), seed=st.integers(0, 99))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_source_is_in_two_splits_and_no_pair_is_lost(tmp_path_factory, numbers, seed):
    folder = tmp_path_factory.mktemp("split")
    pairs = [(f"Sentence {number}{'.!?'[place % 3]}", str(place)) for place, number in enumerate(numbers)]
    path = write(folder, pairs)
    try:
        sizes = split_corpus(path, out=folder / "out", valid=3, test=2, seed=seed)
    except CorpusError:
        assert len(set(numbers)) < 12
        return
    found = splits(folder / "out")
    assert sorted(pair for part in found.values() for pair in part) == sorted(pairs)
    assert sizes == SplitSizes(train=len(found["train"]), valid=len(found["valid"]), test=len(found["test"]))
    assert sizes.valid >= 3
    assert sizes.test >= 2
    keys = {name: {source_key(source) for source, _ in part} for name, part in found.items()}
    assert not keys["train"] & keys["valid"]
    assert not keys["train"] & keys["test"]
    assert not keys["valid"] & keys["test"]
    for part in found.values():
        assert [int(target) for _, target in part] == sorted(int(target) for _, target in part)


def test_sizes_are_exact_where_every_source_is_new(tmp_path):
    sizes = split_corpus(write(tmp_path, numbered(1000)), out=tmp_path / "out", valid=100, test=50)
    assert sizes == SplitSizes(train=850, valid=100, test=50)


def test_the_seed_decides_and_the_order_does_not(tmp_path):
    pairs = numbered(200)
    first = write(tmp_path / "one", pairs)
    turned = write(tmp_path / "two", pairs[::-1])
    for name, path, seed in (("a", first, 1), ("b", turned, 1), ("c", first, 2)):
        split_corpus(path, out=tmp_path / name, valid=20, test=20, seed=seed)
    valid = {name: splits(tmp_path / name)["valid"] for name in "abc"}
    assert valid["a"] == valid["b"][::-1]
    assert valid["a"] != valid["c"]


def test_a_split_of_no_size_is_not_written(tmp_path):
    path = write(tmp_path, numbered(50))
    split_corpus(path, out=tmp_path / "out", valid=5)
    assert sorted(splits(tmp_path / "out")) == ["train", "valid"]
    split_corpus(path, out=tmp_path / "other", valid=0, test=5)
    assert sorted(splits(tmp_path / "other")) == ["test", "train"]


def test_the_held_out_are_spread_over_the_corpus(tmp_path):
    split_corpus(write(tmp_path, numbered(2000)), out=tmp_path / "out", valid=200)
    places = [int(source.split()[1].rstrip(".")) for source, _ in splits(tmp_path / "out")["valid"]]
    assert 800 < sum(places) / len(places) < 1200


def test_wrong_sizes_are_refused(tmp_path):
    path = write(tmp_path, numbered(10))
    for sizes in ({"valid": 10}, {"valid": 5, "test": 5}, {"valid": 5, "test": 500}, {"valid": 500, "test": 1}):
        with pytest.raises(
            CorpusError, match=r"10 pairs are too few to hold out .* for validation and .*; hold out fewer"
        ):
            split_corpus(path, out=tmp_path / "out", **sizes)
    for valid in (0, -1):
        with pytest.raises(CorpusError, match=f"a split needs a positive size, but valid={valid} and test=0"):
            split_corpus(path, out=tmp_path / "out", valid=valid)
    blank = write(tmp_path / "blank", [("", "")])
    with pytest.raises(CorpusError, match="0 pairs are too few"):
        split_corpus(blank, out=tmp_path / "out", valid=1)
    assert not (tmp_path / "out").exists()
    with pytest.raises(OutputExistsError, match="exists already"):
        split_corpus(path, out=tmp_path, valid=1)


def test_standard_input_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(CorpusError, match="split is read twice, and standard input only once; save it as a file first"):
        split_corpus(STANDARD_INPUT, out=tmp_path / "deep" / "out", valid=1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changes_between_the_readings_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path, numbered(50))
    read = iter([numbered(50), numbered(49)])

    def read_changing(source, target, **more):
        return read_pairs(write(tmp_path, next(read)))

    monkeypatch.setattr(split_file, "read_corpus", read_changing)
    with pytest.raises(
        CorpusError, match=r"pairs\.tsv had 50 pairs at first, and 49 when it was read once more; do not"
    ):
        split_corpus(path, out=tmp_path / "out", valid=5)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", [-1, 2**64, 10**22])
def test_seeds_no_choice_can_follow_from_are_refused(tmp_path, seed):
    with pytest.raises(CorpusError, match=rf"a seed is a whole number from 0 to {2**64 - 1}, but {seed} is given"):
        split_corpus(write(tmp_path, numbered(50)), out=tmp_path / "out", valid=5, seed=seed)
    split_corpus(write(tmp_path, numbered(50)), out=tmp_path / "out", valid=5, seed=2**64 - 1)


@given(repeats=st.lists(st.integers(1, 3), min_size=30, max_size=60), seed=st.integers(0, 99), valid=st.integers(1, 12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_source_of_two_pairs_in_five_does_not_fill_a_split(tmp_path_factory, repeats, seed, valid):
    folder = tmp_path_factory.mktemp("frequent")
    pairs = [(f"Sentence {number}.", f"{place}") for number, times in enumerate(repeats) for place in range(times)]
    frequent = len(pairs) * 2 // 3
    path = write(folder, pairs + [("Yes.", str(place)) for place in range(frequent)])
    sizes = split_corpus(path, out=folder / "out", valid=valid, test=2, seed=seed)
    assert valid <= sizes.valid <= max(valid + valid // 2, 3)
    assert 2 <= sizes.test <= 3
    assert sum(source == "Yes." for source, _ in splits(folder / "out")["train"]) == frequent


def test_pairs_with_a_single_source_are_not_split(tmp_path):
    path = write(tmp_path, [("Yes.", str(number)) for number in range(40)])
    with pytest.raises(CorpusError, match="all 40 pairs share one source sentence, so that none of them can be held"):
        split_corpus(path, out=tmp_path / "out", valid=5)


def test_frequent_sources_are_held_out_where_there_are_no_others(tmp_path):
    pairs = [(f"Sentence {number % 6}.", str(number)) for number in range(60)]
    sizes = split_corpus(write(tmp_path, pairs), out=tmp_path / "out", valid=3, test=12)
    assert sizes == SplitSizes(train=30, valid=10, test=20)


def test_ordinary_splits_stay_as_they_were(tmp_path):
    """The smallest keys until there are enough, however the rest of the corpus looks: what every seed always meant."""
    chance = np.random.default_rng(0)
    pairs = [(f"Sentence {number}.", str(place)) for place, number in enumerate(chance.integers(0, 900, 1000).tolist())]
    split_corpus(write(tmp_path, pairs), out=tmp_path / "out", valid=100, test=50, seed=3)
    keys = split_file.fingerprints((source_key(source) for source, _ in pairs), salt=3)
    ordered = np.sort(keys)
    held = {}
    for name, begin, wanted in (("valid", 0, 100), ("test", None, 50)):
        begin = len(held["valid"]) if begin is None else begin
        last = ordered[begin + wanted - 1]
        held[name] = [pair for pair, key in zip(pairs, keys, strict=True) if ordered[begin] <= key <= last]
    found = splits(tmp_path / "out")
    assert {name: found[name] for name in held} == held
