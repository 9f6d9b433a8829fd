"""chrF between all translations of one sentence: the numbers are those of the plain formula, and many fit in memory."""

import random
import tracemalloc

import numpy as np
import pytest
import sacrebleu

from regard.evaluation.similarity import chrf_between


def sentences(number: int, *, words: int) -> list[str]:
    """Random words, the same at every call."""
    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyzéà"
    return [" ".join("".join(draw.choices(letters, k=draw.randint(1, 9))) for _ in range(words)) for _ in range(number)]


def test_each_number_is_the_plain_formula() -> None:
    texts = [*sentences(6, words=5), "a", "", "the the the the", "the the"]
    texts.append(texts[0])
    plain = [[sacrebleu.sentence_chrf(one, [other]).score for other in texts] for one in texts]
    assert chrf_between(texts) == pytest.approx(np.array(plain))
    assert chrf_between([]).shape == (0, 0)


def test_a_hundred_long_texts_take_little_memory() -> None:
    texts = sentences(100, words=30)
    assert sum(map(len, texts)) > 14_000
    tracemalloc.start()
    chrf_between(texts)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50e6
