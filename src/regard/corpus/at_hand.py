"""Sentence pairs to try a model with: its own validation pairs if they can be read, else everyday ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

from regard.corpus.asked import reading_of
from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.lines import STANDARD_INPUT
from regard.corpus.pair import Pair
from regard.corpus.shards import read_corpus
from regard.errors import CorpusError, MissingExtraError
from regard.settings import DataSettings


@final
@dataclass(frozen=True, slots=True)
class PairsAtHand:
    """Some pairs, what they are, and whether they are the model's own."""

    pairs: list[Pair]
    description: str
    are_own: bool


def pairs_at_hand(data: DataSettings, count: int) -> PairsAtHand:
    """``count`` pairs with different sources, if there are so many, in the languages and columns of the model.

    What is found does not depend on how pairs are translated; pairs as in training only show more.
    """
    why = "are not at hand"
    for source, target in ((data.valid_source, data.valid_target), (data.source, data.target)):
        try:
            found = _read(source, target, data, count)
        except MissingExtraError as error:
            why = f"cannot be read here ({error})"
            continue
        if found:
            return PairsAtHand(found, f"the first pairs of {source}", are_own=True)
    everyday = f"everyday sentences, as the model's own pairs {why}"
    return PairsAtHand(_everyday(data, count), everyday, are_own=False)


def _read(source: Path | None, target: Path | None, data: DataSettings, count: int) -> list[Pair]:
    if source is None or source == STANDARD_INPUT:
        return []
    try:
        return list(islice(_different(read_corpus(source, target, reading=reading_of(data))), count))
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
