"""BPE-dropout: without dropout the usual cut, with it cuts that other processes draw too."""

import random

import pytest

from regard.text import Tokenizer
from regard.text.merging import merge_with_dropout

SCORES = {"ab": 0.0, "abc": -1.0, "bc": -2.0}
TEXTS = ["the cat chases the horse quickly", "le chat poursuit le cheval", "où l'été  s'en va, 42 fois"] * 20


def test_the_best_merge_comes_first() -> None:
    assert merge_with_dropout("abcbc", SCORES, dropout=0.0, chance=random.Random(1)) == ["abc", "bc"]
    assert merge_with_dropout("abc", SCORES, dropout=1.0, chance=random.Random(1)) == ["a", "b", "c"]


def test_a_merge_is_left_out_as_often_as_asked() -> None:
    chance = random.Random(2)
    cuts = [merge_with_dropout("ab", SCORES, dropout=0.3, chance=chance) for _ in range(5000)]
    assert cuts.count(["a", "b"]) / 5000 == pytest.approx(0.3, abs=0.02)


def test_without_dropout_it_is_the_usual_cut() -> None:
    tokenizer = Tokenizer.train(TEXTS, kind="bpe", vocab_size=320)
    for text in [*TEXTS[:3], "chevaux  et chats ☃", " le", "t ▁ x"]:
        assert tokenizer.sample(text, alpha=0.0, seed=1, epoch=0, sentence=0) == tokenizer.encode(text)
