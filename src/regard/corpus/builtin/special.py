"""Special sets, kept out of training: who did what to whom, long sentences, negations."""

from collections.abc import Iterator
from itertools import count
from typing import Final

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.drawing import draw_pair, draw_pairs, stable_number
from regard.corpus.builtin.structures.statements import two_beings

SPECIAL_SETS: Final = ("who", "long", "negation")
LONG_WORDS: Final = range(11, 26)
_NEGATIVE: Final = frozenset({"not", "never", "cannot", "longer", "nothing", "nobody"})


def candidates(name: str, seed: int) -> Iterator[tuple[BuiltinPair, ...]]:
    """What belongs to a special set, without end: single pairs, or for ``who`` a sentence with its mirror."""
    if name == "who":
        yield from _mirrored(seed)
    else:
        wanted = is_long if name == "long" else is_negated
        yield from ((pair,) for pair in draw_pairs(seed, name) if wanted(pair))


def is_long(pair: BuiltinPair) -> bool:
    """Whether the English side has 11 to 25 words, punctuation not counted."""
    return sum(word[0].isalnum() for word in pair.source_words) in LONG_WORDS


def is_negated(pair: BuiltinPair) -> bool:
    """Whether the English side holds a negation."""
    return not _NEGATIVE.isdisjoint(word.lower() for word in pair.source_words)


def _mirrored(seed: int) -> Iterator[tuple[BuiltinPair, ...]]:
    for number in count():
        own = stable_number(f"{seed}/who/{number}")
        plain = draw_pair("who", two_beings, own)
        yield plain, draw_pair("who", lambda draw: two_beings(draw, swapped=True), own)
