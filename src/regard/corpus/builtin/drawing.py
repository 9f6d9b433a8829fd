"""Draws finished pairs from a seed: an endless, reproducible sequence of sentences with their alternatives."""

import hashlib
from bisect import bisect
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate, count
from typing import Final

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.draw import Draw, Policy
from regard.corpus.builtin.lexicon import load_lexicon
from regard.corpus.builtin.structures import STRUCTURES, Structure
from regard.corpus.builtin.surface import render
from regard.corpus.builtin.words import Phrase

_ADDRESSED: Final = frozenset({"you", "your", "please"})
_OPEN_GENDER: Final = frozenset({"i", "me", "you", "we", "us", "they", "them", "it"})


def stable_number(text: str) -> int:
    """A 64-bit number that depends on the text alone (Python's ``hash`` differs between processes)."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def draw_pairs(seed: int, purpose: str) -> Iterator[BuiltinPair]:
    """Sentences of all structures by their weights, without end; repeats are possible."""
    for number in count():
        own = stable_number(f"{seed}/{purpose}/{number}")
        structure = _structure_at(own / 2**64)
        yield draw_pair(structure.name, structure.build, own)


def draw_pair(name: str, build: Callable[[Draw], Phrase], seed: int) -> BuiltinPair:
    """One sentence, and what it would be in French for other listeners and speakers."""
    draw = Draw(seed, load_lexicon())
    source, target, alignment = render(build(draw))
    alternatives: list[str] = []
    for policy in other_policies(source, name):
        other_source, other_target, _ = render(build(Draw(seed, load_lexicon(), policy)))
        if other_source == source and other_target not in (target, *alternatives):
            alternatives.append(other_target)
    return BuiltinPair(source, target, name, alignment, tuple(alternatives), tuple(draw.lemmas))


def other_policies(source: str, structure: str) -> list[Policy]:
    """The policies under which the French side could differ."""
    words = set(source.lower().replace(",", " ").replace(".", " ").replace("?", " ").replace("!", " ").split())
    polite = bool(words & _ADDRESSED) or structure.startswith("command")
    feminine = bool(words & _OPEN_GENDER)
    choices = [(True, False)] * polite + [(False, True)] * feminine + [(True, True)] * (polite and feminine)
    return [Policy(*choice) for choice in choices]


@cache
def _weights() -> tuple[float, ...]:
    return tuple(accumulate(structure.weight for structure in STRUCTURES))


def _structure_at(share: float) -> Structure:
    weights = _weights()
    return STRUCTURES[min(bisect(weights, share * weights[-1]), len(STRUCTURES) - 1)]
