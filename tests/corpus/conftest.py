"""Shared by the tests of the built-in corpus: drawing under run-time checks takes a while, so it is done once."""

from itertools import islice

import pytest

from regard.corpus.builtin import BuiltinCorpus, BuiltinPair, generate
from regard.corpus.builtin.drawing import draw_pairs
from regard.corpus.builtin.everyday import everyday_pairs


@pytest.fixture(scope="session")
def builtin_corpus() -> BuiltinCorpus:
    """A corpus of 3,000 pairs."""
    return generate(size=3_000, seed=1)


@pytest.fixture(scope="session")
def drawn_pairs() -> list[BuiltinPair]:
    """Pairs as they are drawn, repeats included, behind all pairs written by hand."""
    return [*everyday_pairs(), *islice(draw_pairs(9, "pool"), 3_000)]
