"""A translation memory: what was translated before is found again, exactly or nearly, before a model is asked.

Two sentences are as similar as 1 - distance / length, where the distance counts words and signs that have to be put in,
taken out or replaced (Levenshtein), and the length is that of the longer one. "Nearly" is never trusted with numbers:
sentences that differ only in a figure are not the same to a reader.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from regard.corpus import Pair

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_MOST_CANDIDATES: Final = 60
_COMMON_SHARE: Final = 0.2
_FEWEST_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A translation that was found.

    Args:
        source: the sentence that was translated.
        target: its translation.
        similarity: of that sentence and the one asked for; 1 if they are the same up to the space in them.
    """

    source: str
    target: str
    similarity: float

    @property
    def is_exact(self) -> bool:
        """Whether it is the translation of the very sentence."""
        return self.similarity == 1.0


@final
class Memory:
    """Pairs that were translated before. Of several translations of one sentence the most frequent one counts."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._targets: dict[str, Counter[str]] = {}
        self._sources: list[str] = []
        self._tokens: list[tuple[str, ...]] = []
        self._by_token: defaultdict[str, list[int]] = defaultdict(list)
        for pair in pairs:
            self.add(pair.source, pair.target)

    def __len__(self) -> int:
        return len(self._sources)

    def add(self, source: str, target: str) -> None:
        """One more translation; blank ones are not kept."""
        key = _key(source)
        if not key or not target.strip():
            return
        if key not in self._targets:
            self._targets[key] = Counter()
            tokens = tuple(_TOKEN.findall(key.casefold()))
            for token in set(tokens):
                self._by_token[token].append(len(self._sources))
            self._sources.append(key)
            self._tokens.append(tokens)
        self._targets[key][target] += 1

    def exact(self, source: str) -> Match | None:
        """The translation of this very sentence."""
        key = _key(source)
        found = self._targets.get(key)
        return None if found is None else Match(key, found.most_common(1)[0][0], 1.0)

    def similar(self, source: str, *, at_least: float) -> Match | None:
        """The translation of the most similar other sentence, of four words or more, if it is similar enough."""
        key = _key(source)
        tokens = tuple(_TOKEN.findall(key.casefold()))
        if at_least >= 1 or len(tokens) < _FEWEST_WORDS:
            return None
        best, best_similarity = None, at_least
        for number in self._candidates(tokens, at_least):
            similarity = similarity_of(tokens, self._tokens[number], at_least=best_similarity)
            if similarity >= best_similarity and self._sources[number] != key:
                if _figures(tokens) != _figures(self._tokens[number]):
                    continue
                best, best_similarity = number, similarity
        if best is None:
            return None
        # Sentences that differ only in capitals or space are not the same to the last letter.
        found = self._sources[best]
        return Match(found, self._targets[found].most_common(1)[0][0], min(best_similarity, 0.99))

    def _candidates(self, tokens: Sequence[str], at_least: float) -> Iterator[int]:
        """Sentences that share most words, the rare ones looked up first."""
        shared: Counter[int] = Counter()
        too_common = max(50, int(_COMMON_SHARE * len(self._sources)))
        for token in sorted(set(tokens), key=lambda token: len(self._by_token.get(token, ()))):
            found = self._by_token.get(token, ())
            if len(found) <= too_common or not shared:
                shared.update(found)
        longest, shortest = len(tokens) / at_least, len(tokens) * at_least
        likely = (number for number, _ in shared.most_common(_MOST_CANDIDATES * 4))
        fitting = [number for number in likely if shortest <= len(self._tokens[number]) <= longest]
        return iter(fitting[:_MOST_CANDIDATES])


def similarity_of(one: Sequence[str], other: Sequence[str], *, at_least: float = 0.0) -> float:
    """1 - Levenshtein distance / length of the longer; 0 as soon as it is clear that ``at_least`` is not reached."""
    longer = max(len(one), len(other))
    if longer == 0:
        return 1.0
    most = int((1 - at_least) * longer + 1e-9)
    row = list(range(len(other) + 1))
    for number, token in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, start=1):
            cost = before + (token != against)
            before = row[place]
            row[place] = min(cost, before + 1, row[place - 1] + 1)
        if min(row) > most:
            return 0.0
    return 1 - row[-1] / longer if row[-1] <= most else 0.0


def _figures(tokens: Sequence[str]) -> Counter[str]:
    return Counter(token for token in tokens if any(character.isdigit() for character in token))


def _key(source: str) -> str:
    return " ".join(source.split())
