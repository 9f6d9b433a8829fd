"""Cuts drawn from a lattice: as probable as they should be, and the same in every process."""

import math
import os
import random
import subprocess
import sys
from collections import Counter

import pytest

from regard.text.lattice import draw_cut

SCORES = {"a": -2.0, "b": -2.5, "ab": -3.0, "ba": -3.5, "aba": -4.0}
CUTS = [("a", "b", "a"), ("ab", "a"), ("a", "ba"), ("aba",)]
PROGRAM = """
from regard.text import Tokenizer
texts = ["the cat chases the horse quickly", "le chat poursuit le cheval", "the horse sleeps"] * 20
for kind in ("bpe", "unigram"):
    tokenizer = Tokenizer.train(texts, kind=kind, vocab_size=300)
    print([tokenizer.sample(texts[0], alpha=0.3, seed=1, epoch=2, sentence=n) for n in range(40)])
"""


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_cuts_are_drawn_by_their_probability(alpha: float) -> None:
    chance = random.Random(5)
    drawn = Counter(tuple(draw_cut("aba", SCORES, alpha=alpha, longest=3, chance=chance)) for _ in range(20_000))
    powers = {cut: math.exp(alpha * sum(SCORES[piece] for piece in cut)) for cut in CUTS}
    assert set(drawn) == set(CUTS)
    for cut, power in powers.items():
        assert drawn[cut] / 20_000 == pytest.approx(power / sum(powers.values()), abs=0.015)


def test_unknown_characters_and_empty_texts_are_cut_too() -> None:
    cut = draw_cut("xaby", SCORES, alpha=1.0, longest=3, chance=random.Random(1))
    assert "".join(cut) == "xaby"
    assert cut[0] == "x"
    assert cut[-1] == "y"
    assert draw_cut("", SCORES, alpha=1.0, longest=3, chance=random.Random(1)) == []
    assert draw_cut("qq", {"qq": -1.0}, alpha=1.0, longest=2, chance=random.Random(1)) in (["qq"], ["q", "q"])


def test_other_processes_draw_the_same() -> None:
    runs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1
    assert len(set(runs.pop().splitlines())) == 2
