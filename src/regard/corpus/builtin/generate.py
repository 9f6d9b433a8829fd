"""Generates the corpus: distinct pairs, splits that hold out combinations, special sets. The same bytes for one seed.

A sentence is held out by pairing if a (structure, lemma) pairing in it is one of a fixed share that training never
sees: *frighten* in questions with *why*, say. valid and test are half such sentences, half unseen sentences of the
common kind. Words are never held out: whatever valid, test or a special set contains stands in some training pair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.drawing import draw_pairs, stable_number
from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.builtin.special import SPECIAL_SETS, candidates
from regard.errors import CorpusError

SMALLEST: Final = 1_000
LARGEST: Final = 100_000
_HELD_OUT_SHARE: Final = 0.03
_SPECIAL_SIZE: Final = 200
_SURPLUS: Final = 1.25


@dataclass(frozen=True, slots=True)
class BuiltinCorpus:
    """The splits; ``special`` maps *who*, *long* and *negation* to pairs that are in no split."""

    train: tuple[BuiltinPair, ...]
    valid: tuple[BuiltinPair, ...]
    test: tuple[BuiltinPair, ...]
    special: Mapping[str, tuple[BuiltinPair, ...]]


def generate(*, size: int, seed: int = 0) -> BuiltinCorpus:
    """Generates ``size`` distinct pairs (train, valid and test together), and the special sets beside them.

    valid and test take a twentieth each, at most 1,000. Pairs written by hand are always in train.

    Raises:
        CorpusError: ``size`` is outside what the grammar is made for, or ``seed`` is negative.
    """
    _check(size, seed)
    held = min(1_000, size // 20)
    collector = _Collector(seed)
    special = {name: collector.special(name, size) for name in SPECIAL_SETS}
    by_hand = everyday_pairs()
    learnt = size - 2 * held - len(by_hand)
    common, paired = collector.pools(common=learnt + round(held * _SURPLUS) + 20, paired=round(held * _SURPLUS) + 20)
    train = _shuffled((*by_hand, *common[:learnt]), seed)
    known = _Known(train)
    unseen, unpaired = known.only(common[learnt:]), known.only(paired)
    rounds = tuple(chain.from_iterable(zip(unseen, unpaired, strict=False)))
    return BuiltinCorpus(
        train=train,
        valid=rounds[:held],
        test=rounds[held : 2 * held],
        special=MappingProxyType({name: known.only(pairs) for name, pairs in special.items()}),
    )


class _Collector:
    """Draws pairs and keeps each English sentence once."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._taken = {pair.source for pair in everyday_pairs()}
        self._is_held_out = cache(self._decide)

    def special(self, name: str, size: int) -> list[BuiltinPair]:
        """Reserves a special set: its sentences can no longer appear in a split."""
        return list(islice(self._fresh(candidates(name, self._seed)), min(_SPECIAL_SIZE, size // 50)))

    def pools(self, *, common: int, paired: int) -> tuple[list[BuiltinPair], list[BuiltinPair]]:
        """Sentences without, and with, a held-out pairing of structure and lemma."""
        pools: tuple[list[BuiltinPair], list[BuiltinPair]] = ([], [])
        for pair in self._fresh(draw_pairs(self._seed, "pool")):
            pools[self._has_held_out_pairing(pair)].append(pair)
            if len(pools[0]) >= common and len(pools[1]) >= paired:
                break
        return pools[0][:common], pools[1][:paired]

    def _fresh(self, pairs: Iterable[BuiltinPair]) -> Iterable[BuiltinPair]:
        for pair in pairs:
            if pair.source not in self._taken:
                self._taken.add(pair.source)
                yield pair

    def _has_held_out_pairing(self, pair: BuiltinPair) -> bool:
        return any(self._is_held_out(pair.structure, lemma) for lemma in pair.lemmas)

    def _decide(self, structure: str, lemma: str) -> bool:
        return stable_number(f"{self._seed}|{structure}|{lemma}") < _HELD_OUT_SHARE * 2**64


class _Known:
    """The words of the training pairs, on both sides."""

    def __init__(self, train: Iterable[BuiltinPair]) -> None:
        self._source: set[str] = set()
        self._target: set[str] = set()
        for pair in train:
            self._source.update(pair.source_words)
            self._target.update(pair.target_words)

    def only(self, pairs: Iterable[BuiltinPair]) -> tuple[BuiltinPair, ...]:
        """The pairs without a new word."""
        return tuple(
            pair
            for pair in pairs
            if self._source.issuperset(pair.source_words) and self._target.issuperset(pair.target_words)
        )


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
