"""BPE-dropout: without dropout the usual cut, with it cuts that other processes draw too."""

import math
import random
from collections import Counter
from itertools import pairwise

import pytest

from regard.text import Tokenizer
from regard.text.merging import Merging

SCORES = {"ab": 0.0, "abc": -1.0, "bc": -2.0}
TEXTS = ["the cat chases the horse quickly", "le chat poursuit le cheval", "où l'été  s'en va, 42 fois"] * 20


def cut(word: str, dropout: float, chance: random.Random, **options: int) -> list[str]:
    return Merging(SCORES, **options).cut([word], dropout=dropout, chance=chance)


def by_the_paper(word: str, scores: dict[str, float], dropout: float, chance: random.Random) -> tuple[str, ...]:
    """Algorithm 1 as it is printed: each round sees a merge or leaves it out, and the best that is seen is made."""
    symbols = list(word)
    while True:
        pairs = ["".join(pair) for pair in pairwise(symbols)]
        possible = [(scores[pair], -place) for place, pair in enumerate(pairs) if pair in scores]
        seen = [one for one in possible if chance.random() >= dropout]
        if not seen:
            return tuple(symbols)
        place = -max(seen)[1]
        symbols[place : place + 2] = [pairs[place]]


def test_the_best_merge_comes_first() -> None:
    assert cut("abcbc", 0.0, random.Random(1)) == ["abc", "bc"]
    assert cut("abc", 1.0, random.Random(1)) == ["a", "b", "c"]


def test_a_merge_is_left_out_as_often_as_asked() -> None:
    chance, merging = random.Random(2), Merging(SCORES)
    cuts = [merging.cut(["ab"], dropout=0.3, chance=chance) for _ in range(5000)]
    assert cuts.count(["a", "b"]) / 5000 == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("dropout", [0.1, 0.5])
@pytest.mark.parametrize("word", ["abcab", "aabbcc", "abababab"])
def test_cuts_come_as_often_as_by_the_papers_algorithm(word: str, dropout: float) -> None:
    scores = {"ab": 0.0, "ba": -0.5, "abc": -1.0, "bc": -2.0, "aab": -2.5, "abab": -3.0, "abcab": -4.0, "cc": -5.0}
    count, merging, chance = 6000, Merging(scores), random.Random(3)
    found = Counter(tuple(merging.cut([word], dropout=dropout, chance=chance)) for _ in range(count))
    wanted = Counter(by_the_paper(word, scores, dropout, chance) for _ in range(count))
    assert len(wanted) > 2
    for pieces in wanted | found:
        share = (wanted[pieces] + found[pieces]) / (2 * count)
        tolerance = 5 * math.sqrt(2 * share * (1 - share) / count)  # five standard deviations of the difference
        assert abs(found[pieces] - wanted[pieces]) / count <= tolerance, pieces


def test_words_together_are_cut_as_one_after_the_other() -> None:
    words, together, alone = ["abcbc", "ab", "cab", "abcbc"] * 20, random.Random(4), random.Random(4)
    merging = Merging(SCORES)
    pieces = merging.cut(words, dropout=0.3, chance=together)
    assert pieces == [piece for word in words for piece in merging.cut([word], dropout=0.3, chance=alone)]
    assert "".join(pieces) == "".join(words)


@pytest.mark.parametrize("most", [0, 60, 1000])
def test_what_is_remembered_changes_no_cut_and_is_bounded(most: int) -> None:
    words = ["abcbc", "abab", "bcbcbc", "cabab"] * 50
    merging = Merging(SCORES, most_remembered=most)
    cuts = [one.cut(words, dropout=0.3, chance=random.Random(5)) for one in (merging, Merging(SCORES))]
    assert cuts[0] == cuts[1]
    assert sum(map(len, merging._states)) <= most


def test_long_words_fill_what_is_remembered_sooner() -> None:
    short, long = Merging(SCORES, most_remembered=20_000), Merging(SCORES, most_remembered=20_000)
    chance = random.Random(6)
    for merging, length in ((short, 8), (long, 200)):
        words = ["".join(chance.choice("abc") for _ in range(length)) for _ in range(400)]
        merging.cut(words, dropout=0.3, chance=chance)
    pieces = [sum(map(len, merging._states)) for merging in (short, long)]
    assert max(pieces) < 20_000
    assert len(long._states) < len(short._states) / 4


def test_without_dropout_it_is_the_usual_cut() -> None:
    tokenizer = Tokenizer.train(TEXTS, kind="bpe", vocab_size=320)
    for text in [*TEXTS[:3], "chevaux  et chats ☃", " le", "t ▁ x"]:
        assert tokenizer.sample(text, alpha=0.0, seed=1, epoch=0, sentence=0) == tokenizer.encode(text)
