import random
import tracemalloc
from itertools import zip_longest

import pytest

from regard.corpus import alignment
from regard.corpus.alignment import MisalignmentFinder, Suspicion, describe_sides
from regard.corpus.pair import Origin, Pair

SETS = ["multi30k/train", "multi30k/val", "tatoeba/train", "tatoeba/test", "flores101/dev", "newstest2013/newstest2013"]


def made_up(count: int) -> tuple[list[str], list[str]]:
    chance = random.Random(5)
    lengths = [chance.randint(1, 20) for _ in range(count)]
    ends = [chance.choice("...?!") for _ in range(count)]
    english = ["word " * length + end for length, end in zip(lengths, ends, strict=True)]
    return english, ["parole et " * length + end for length, end in zip(lengths, ends, strict=True)]


def find(source: list[str], target: list[str]) -> Suspicion | None:
    finder = MisalignmentFinder()
    for number, (left, right) in enumerate(zip_longest(source, target, fillvalue=""), start=1):
        finder.add(Pair(left, right, Origin("a", number)))
    return finder.finish()


def line_of(suspicion: Suspicion) -> int:
    return suspicion.pair.origin.line


def test_aligned_lines_raise_no_suspicion():
    assert find(*made_up(2000)) is None
    assert find([], []) is None
    assert find(["one"], ["un"]) is None


@pytest.mark.parametrize("missing", [0, 1, 500, 960])
def test_a_missing_line_is_found_on_either_side(missing):
    source, target = made_up(1000)
    expected = range(missing - 3, missing + 6)
    suspicion = find(source, target[:missing] + target[missing + 1 :])
    assert suspicion is not None
    assert (line_of(suspicion) in expected, suspicion.shift) == (True, 1)
    suspicion = find(source[:missing] + source[missing + 1 :], target)
    assert suspicion is not None
    assert (line_of(suspicion) in expected, suspicion.shift) == (True, -1)


def test_the_first_of_many_places_is_found():
    source, target = made_up(3000)
    for missing in range(2900, 300, -100):
        del target[missing]
    suspicion = find(source, target)
    assert suspicion is not None
    assert abs(line_of(suspicion) - 401) < 6
    assert source[line_of(suspicion) - 1].startswith(suspicion.pair.source)


def test_lines_are_judged_across_blocks(monkeypatch):
    monkeypatch.setattr(alignment, "_BLOCK_LINES", 400)
    monkeypatch.setattr(alignment, "_OVERLAP_LINES", 100)
    source, target = made_up(3000)
    assert find(source, target) is None
    for missing in (350, 395, 399, 401, 2222):
        suspicion = find(source, target[:missing] + target[missing + 1 :])
        assert suspicion is not None
        assert abs(line_of(suspicion) - missing - 1) < 6


def test_a_block_of_long_lines_does_not_fill_the_memory():
    finder = MisalignmentFinder()
    tracemalloc.start()
    try:
        for number in range(1, 1001):
            finder.add(Pair("a" * (5000 + number), "b" * (5000 + number), Origin("a", number)))
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("length", "more"), [(50, ""), (51, "…"), (500, "…")])
def test_of_a_long_line_the_beginning_is_shown(length, more):
    lines = [f"{number:<0{length}}" for number in range(10, 100)]
    suspicion = find(lines, lines[1:])
    assert suspicion is not None
    shown = repr(lines[line_of(suspicion) - 1][:50] + more)
    assert f"do not fit ({shown} | '" in describe_sides(suspicion, "line 1")


@pytest.mark.parametrize("name", SETS)
def test_real_pairs_raise_no_suspicion_and_a_lost_line_does(name, regard_data):
    source, target = (
        (regard_data / f"{name}.{language}").read_text(encoding="utf-8").split("\n")[-20_001:-1]
        for language in ("en", "fr")
    )
    assert find(source, target) is None
    missing = len(source) // 2
    suspicion = find(source, target[:missing] + target[missing + 1 :])
    assert suspicion is not None
    assert suspicion.shift == 1
    assert abs(line_of(suspicion) - missing) < 100  # Tatoeba is sorted by length, so neighbours look alike
