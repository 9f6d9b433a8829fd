"""Generates the corpus: distinct pairs, splits that hold out combinations, special sets. The same bytes for one seed.

A sentence is held out by pairing if a (structure, lemma) pairing in it is one of a fixed share that training never
sees: *frighten* in questions with *why*, say. valid and test are half such sentences, half unseen sentences of the
common kind. Words are never held out: whatever valid, test or a special set contains stands in some training pair.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.drawing import draw_pairs, stable_number
from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.builtin.lexicon import load_lexicon
from regard.corpus.builtin.special import SPECIAL_SETS, candidates
from regard.errors import CorpusError

SMALLEST: Final = 1_000
LARGEST: Final = 100_000
_HELD_OUT_SHARE: Final = 0.035
_SHARED_FRAMES: Final = frozenset({"direct", "event", "stative", "alone", "routine", "giving", "motion", "taste"})
_SPECIAL_SIZE: Final = 200
_SMALLEST_SPLIT: Final = 100
_SMALLEST_SPECIAL: Final = 40
_RESERVE: Final = 1.65  # so many candidates of a special set are kept out of training; some have words new to it
_Unit = tuple[BuiltinPair, ...]  # pairs that are kept or left out together


@dataclass(frozen=True, slots=True)
class BuiltinCorpus:
    """The splits; ``special`` maps *who*, *long* and *negation* to pairs that are in no split."""

    train: tuple[BuiltinPair, ...]
    valid: tuple[BuiltinPair, ...]
    test: tuple[BuiltinPair, ...]
    special: Mapping[str, tuple[BuiltinPair, ...]]


def generate(*, size: int, seed: int = 0) -> BuiltinCorpus:
    """Generates ``size`` distinct pairs (train, valid and test together), and the special sets beside them.

    valid and test take a twentieth each, at least 100 and at most 1,000. Pairs written by hand are always in train.

    Raises:
        CorpusError: ``size`` is outside what the grammar is made for, or ``seed`` is negative.
    """
    _check(size, seed)
    held, apart = _held_out_sizes(size)
    collector = _Collector(seed)
    special = {name: collector.special(name) for name in SPECIAL_SETS}
    reserved = {name: _drawn(units, round(apart * _RESERVE)) for name, units in special.items()}
    by_hand = everyday_pairs()
    learnt = islice(collector.pool(paired=False), size - 2 * held - len(by_hand))
    train = _shuffled((*by_hand, *(pair for (pair,) in learnt)), seed)
    known = _Known(train)
    in_turn = zip(
        known.enough(held, collector.pool(paired=False)), known.enough(held, collector.pool(paired=True)), strict=True
    )
    rounds = tuple(chain.from_iterable(in_turn))
    chosen = {name: known.enough(apart, chain(reserved[name], units)) for name, units in special.items()}
    return BuiltinCorpus(train, rounds[:held], rounds[held : 2 * held], MappingProxyType(chosen))


def _held_out_sizes(size: int) -> tuple[int, int]:
    """Pairs of valid and of test, and of each special set: a score on fewer than a hundred sentences says little."""
    return min(1_000, max(_SMALLEST_SPLIT, size // 20)), min(_SPECIAL_SIZE, max(_SMALLEST_SPECIAL, size // 50 // 2 * 2))


def is_held_out(structure: str, lemma: str, *, seed: int) -> bool:
    """Whether training may not see this lemma in this structure; it can learn it from other structures."""
    chosen = stable_number(f"{seed}|{structure}|{lemma}") < _HELD_OUT_SHARE * 2**64
    return chosen and lemma in _widespread()


@cache
def _widespread() -> frozenset[str]:
    """The lemmas that many structures use; *forgive*, or *is thirsty*, can be learned from one structure alone."""
    lexicon = load_lexicon()
    verbs = {f"verb:{verb.english}" for verb in lexicon.verbs if verb.frame in _SHARED_FRAMES}
    nouns = {f"noun:{noun.english}" for noun in lexicon.nouns}
    return frozenset(verbs | nouns | {f"adjective:{adjective.english}" for adjective in lexicon.adjectives})


class _Collector:
    """Draws pairs and keeps each English sentence once."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._taken = {pair.source for pair in everyday_pairs()}
        self._is_held_out = cache(partial(is_held_out, seed=seed))
        self._drawn = self._fresh((pair,) for pair in draw_pairs(seed, "pool"))
        self._waiting: dict[bool, deque[_Unit]] = {False: deque(), True: deque()}

    def special(self, name: str) -> Iterator[_Unit]:
        """What belongs to a special set, without end; what is taken from it can no longer appear in a split."""
        return self._fresh(candidates(name, self._seed))

    def pool(self, *, paired: bool) -> Iterator[_Unit]:
        """Sentences without, or with, a held-out pairing of structure and lemma, without end; each is given once."""
        while True:
            while not self._waiting[paired]:
                unit = next(self._drawn)
                self._waiting[self._has_held_out_pairing(unit[0])].append(unit)
            yield self._waiting[paired].popleft()

    def _fresh(self, units: Iterable[_Unit]) -> Iterator[_Unit]:
        for unit in units:
            sources = {pair.source for pair in unit}
            if self._taken.isdisjoint(sources):
                self._taken |= sources
                yield unit

    def _has_held_out_pairing(self, pair: BuiltinPair) -> bool:
        return any(self._is_held_out(pair.structure, lemma) for lemma in pair.lemmas)


class _Known:
    """The words of the training pairs, on both sides."""

    def __init__(self, train: Iterable[BuiltinPair]) -> None:
        self._source: set[str] = set()
        self._target: set[str] = set()
        for pair in train:
            self._source.update(pair.source_words)
            self._target.update(pair.target_words)

    def enough(self, wanted: int, units: Iterable[_Unit]) -> tuple[BuiltinPair, ...]:
        """So many pairs of the units without a new word."""
        whole = (unit for unit in units if all(map(self._knows, unit)))
        return tuple(islice(chain.from_iterable(whole), wanted))

    def _knows(self, pair: BuiltinPair) -> bool:
        return self._source.issuperset(pair.source_words) and self._target.issuperset(pair.target_words)


def _drawn(units: Iterator[_Unit], size: int) -> list[_Unit]:
    """The next units, until they have so many pairs."""
    drawn: list[_Unit] = []
    while sum(map(len, drawn)) < size:
        drawn.append(next(units))
    return drawn


def _shuffled(pairs: Iterable[BuiltinPair], seed: int) -> tuple[BuiltinPair, ...]:
    return tuple(sorted(pairs, key=lambda pair: stable_number(f"{seed}/order/{pair.source}")))


def _check(size: int, seed: int) -> None:
    if not SMALLEST <= size <= LARGEST:
        raise CorpusError(
            f"`size` must be between {SMALLEST} and {LARGEST} pairs, but is {size} instead; "
            "a smaller corpus can be had by taking the first pairs of a larger one"
        )
    if seed < 0:
        raise CorpusError(f"`seed` must be 0 or more, but is {seed} instead")
