"""Sentence pairs to try a model with: its own validation pairs if they can be read, else everyday ones."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.lines import STANDARD_INPUT
from regard.corpus.pair import Pair
from regard.corpus.pairs import read_pairs
from regard.errors import CorpusError
from regard.settings import DataSettings


def pairs_at_hand(data: DataSettings, count: int) -> tuple[list[Pair], str]:
    """``count`` pairs with different sources, if there are so many; and what they are.

    What is found does not depend on how pairs are translated; pairs as in training only show more.
    """
    for source, target in ((data.valid_source, data.valid_target), (data.source, data.target)):
        found = _read(source, target, count)
        if found:
            return found, f"the first pairs of {source}"
    return _everyday(data, count), "everyday sentences, as the model's own pairs are not at hand"


def _read(source: Path | None, target: Path | None, count: int) -> list[Pair]:
    if source is None or source == STANDARD_INPUT:
        return []
    try:
        return list(islice(_different(read_pairs(source, target)), count))
    except (CorpusError, OSError):
        return []


def _everyday(data: DataSettings, count: int) -> list[Pair]:
    pairs = [pair.to_pair(line) for line, pair in enumerate(everyday_pairs(), start=1)]
    if data.source_language.startswith("fr"):
        pairs = [Pair(pair.target, pair.source, pair.origin) for pair in pairs]
    spread = list(_different(pairs))
    return spread[:: max(1, len(spread) // count)][:count]


def _different(pairs: Iterable[Pair]) -> Iterator[Pair]:
    seen: set[str] = set()
    for pair in pairs:
        if pair.source not in seen:
            seen.add(pair.source)
            yield pair
