"""Sentences of the built-in corpus, sorted as the experiments need them: short and long, who chased whom, negated."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from regard.corpus.builtin import BuiltinCorpus, BuiltinPair, generate
from regard.disk import write_text_aside

SEED: Final = 1
MOST_WORDS: Final = 10
LONG_WORDS: Final = range(11, 26)
_BY_HAND: Final = frozenset({"everyday", "textbook"})
_BY_HAND_COPIES: Final = 4  # idioms among thousands of pairs of a grammar: once each is too seldom


@cache
def corpus(size: int) -> BuiltinCorpus:
    """The corpus, generated once."""
    return generate(size=size, seed=SEED)


def is_short(pair: BuiltinPair) -> bool:
    """Whether the lab's networks may have read such a sentence: at most ten English words."""
    return num_words(pair) <= MOST_WORDS


def num_words(pair: BuiltinPair) -> int:
    """English words, as spaces divide them."""
    return len(pair.source.split())


def short_test(size: int, most: int) -> list[BuiltinPair]:
    """Sentences of at most ten words that no network has read."""
    return [pair for pair in corpus(size).test if is_short(pair)][:most]


def long_test(size: int, most: int) -> list[BuiltinPair]:
    """Sentences of 11 to 25 words that no network has read."""
    every = [*corpus(size).special["long"], *corpus(size).test]
    return [pair for pair in every if num_words(pair) in LONG_WORDS][:most]


def who_pairs(size: int) -> list[tuple[BuiltinPair, BuiltinPair]]:
    """Held-out sentences two by two: the same words, who does it to whom exchanged."""
    who = corpus(size).special["who"]
    return list(zip(who[::2], who[1::2], strict=True))


def negated(size: int) -> Sequence[BuiltinPair]:
    """Held-out short sentences with a negation."""
    return [pair for pair in corpus(size).special["negation"] if is_short(pair)]


def write_short_pairs(folder: Path, size: int) -> dict[str, Path]:
    """Files of the short training and validation pairs; the settings' keys and their paths. Written once."""
    paths = {
        f"{split}{side}": folder / f"{size}-{split or 'train_'}{side}.txt"
        for split in ("", "valid_")
        for side in ("source", "target")
    }
    if not all(path.exists() for path in paths.values()):
        folder.mkdir(parents=True, exist_ok=True)
        learnt = [pair for pair in corpus(size).train if is_short(pair)]
        by_hand = [pair for pair in learnt if pair.structure in _BY_HAND]
        _write(paths, "", [*learnt, *by_hand * (_BY_HAND_COPIES - 1)])
        _write(paths, "valid_", filter(is_short, corpus(size).valid))
    return paths


def _write(paths: dict[str, Path], split: str, pairs: Iterable[BuiltinPair]) -> None:
    chosen = list(pairs)
    write_text_aside(paths[f"{split}source"], "".join(f"{pair.source}\n" for pair in chosen))
    write_text_aside(paths[f"{split}target"], "".join(f"{pair.target}\n" for pair in chosen))
