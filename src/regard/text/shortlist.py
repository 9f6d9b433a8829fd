"""Which pieces may occur in a translation: those that translate a piece of the source, and the most frequent ones.

A search that chooses from a few hundred pieces does not have to score the whole vocabulary (Jean et al. 2015; L'Hostis
et al. 2016; Marian and CTranslate2 call it a lexical shortlist). What translates what is learned from pairs of ids by
IBM Model 1 (Brown et al. 1993): each target piece comes from one piece of the source, or from none, equally likely
wherever that stands; how probable a piece is as the translation of another is found by expectation maximisation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from regard.errors import TextError
from regard.text.control import EOS

Ids = NDArray[np.int64]
IdPairs = Sequence[tuple[Sequence[int], Sequence[int]]]

_LINKS_AT_ONCE: Final = 1 << 21


@final
@dataclass(frozen=True, eq=False)
class Shortlist:
    """The pieces that may occur in a translation of each piece.

    Attributes:
        frequent: pieces that any translation may hold.
        first: where in ``translations`` those of a piece begin; the last entry is where all end.
        translations: of each piece of the vocabulary, one behind the other.
    """

    frequent: Ids
    first: Ids
    translations: Ids

    def __post_init__(self) -> None:
        """Raises ``TextError`` if the arrays do not fit together."""
        vocab_size = len(self.first) - 1
        is_sorted = vocab_size > 0 and self.first[0] == 0 and bool((np.diff(self.first) >= 0).all())
        if not is_sorted or self.first[-1] != len(self.translations):
            raise TextError("the shortlist is damaged: its entries do not lie one behind the other")
        for name, ids in (("frequent", self.frequent), ("translations", self.translations)):
            if len(ids) and not 0 <= ids.min() <= ids.max() < vocab_size:
                raise TextError(f"the shortlist is damaged: {name} holds ids that are not in its vocabulary")

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], vocab_size: int) -> "Shortlist":
        """From ``arrays()``, for a vocabulary of so many pieces.

        Raises:
            TextError: they are not those of a shortlist, or of one for another vocabulary.
        """
        names = [field.name for field in fields(cls)]
        if sorted(arrays) != sorted(names) or any(arrays[name].ndim != 1 for name in names):
            raise TextError(f"the shortlist is damaged: it must have the lists {', '.join(names)}")
        found = cls(**{name: arrays[name].astype(np.int64) for name in names})
        if found.vocab_size != vocab_size:
            raise TextError(f"the shortlist is for {found.vocab_size} pieces, but the tokenizer has {vocab_size}")
        return found

    def arrays(self) -> dict[str, NDArray[np.int32]]:
        """What ``of_arrays`` takes."""
        return {field.name: getattr(self, field.name).astype(np.int32) for field in fields(self)}

    @property
    def vocab_size(self) -> int:
        """How many pieces there are."""
        return len(self.first) - 1

    def allowed(self, sources: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        """Which pieces a translation of each sentence of ids may hold: (sentence, piece).

        Control tokens and the pieces of the source are always among them; the latter for what is copied.
        """
        allowed = np.zeros((len(sources), self.vocab_size), np.bool_)
        allowed[:, : EOS + 1] = allowed[:, self.frequent] = True
        own = np.concatenate([np.empty(0, np.int64), *(np.asarray(source, np.int64) for source in sources)])
        sentences = np.repeat(np.arange(len(sources)), [len(source) for source in sources])
        allowed[sentences, own] = True
        lengths = self.first[own + 1] - self.first[own]
        before = np.repeat(self.first[own] - (np.cumsum(lengths) - lengths), lengths)
        allowed[np.repeat(sentences, lengths), self.translations[before + np.arange(len(before))]] = True
        return allowed


def learn_shortlist(
    pairs: IdPairs, vocab_size: int, *, per_piece: int = 200, num_frequent: int = 300, rounds: int = 4
) -> Shortlist:
    """Learns from pairs of ids (without BOS and EOS) which piece translates which.

    Args:
        pairs: what the model was trained on; empty sides are passed over.
        vocab_size: of the one vocabulary of both sides.
        per_piece: how many translations of each piece are kept, the most probable ones.
        num_frequent: how many of the most frequent target pieces any translation may hold.
        rounds: of expectation maximisation.
    """
    links, probabilities = _model_1(pairs, vocab_size, rounds)
    best_first = np.lexsort((-probabilities, links // vocab_size))
    sources, targets = np.divmod(links[best_first], vocab_size)
    rank = np.arange(len(sources)) - np.searchsorted(sources, sources)
    kept = (rank < per_piece) & (sources < vocab_size)  # what comes from no piece is frequent
    return Shortlist(
        frequent=_most_frequent(pairs, vocab_size, num_frequent),
        first=np.searchsorted(sources[kept], np.arange(vocab_size + 1)),
        translations=targets[kept],
    )


def _most_frequent(pairs: IdPairs, vocab_size: int, count: int) -> Ids:
    counts = np.zeros(vocab_size, np.int64)
    for _, target in pairs:
        np.add.at(counts, np.asarray(target, np.int64), 1)
    best_first = np.argsort(-counts, kind="stable")[:count]
    return np.sort(best_first[counts[best_first] > 0])


def _model_1(pairs: IdPairs, vocab_size: int, rounds: int) -> tuple[Ids, NDArray[np.float64]]:
    """Every link that occurs, in ascending order, and p(target piece | source piece)."""
    none = np.empty(0, np.int64)
    every = np.unique(np.concatenate([none, *(np.unique(links) for links, _ in _links(pairs, vocab_size))]))
    sources, probabilities = every // vocab_size, np.ones(len(every))
    for _ in range(rounds):
        expected = np.zeros(len(every))
        for links, first in _links(pairs, vocab_size):
            places = np.searchsorted(every, links)
            weights = probabilities[places]
            of_target = np.add.reduceat(weights, first)
            weights /= np.repeat(of_target, np.diff(first, append=len(links)))
            expected += np.bincount(places, weights, len(every))
        probabilities = expected / np.bincount(sources, expected)[sources]
    return every, probabilities


def _links(pairs: IdPairs, vocab_size: int) -> Iterator[tuple[Ids, Ids]]:
    """Every target piece with every piece of its source: source × vocab_size + target, and where each target begins.

    The source piece numbered ``vocab_size`` is none at all. Some millions of links at a time.
    """
    parts: list[Ids] = []
    first: list[Ids] = []
    size = 0
    for source, target in pairs:
        if len(source) and len(target):
            sources = np.array([*source, vocab_size], np.int64)
            parts.append((sources[None] * vocab_size + np.asarray(target, np.int64)[:, None]).ravel())
            first.append(size + len(sources) * np.arange(len(target)))
            size += parts[-1].size
        if size >= _LINKS_AT_ONCE:
            yield np.concatenate(parts), np.concatenate(first)
            parts, first, size = [], [], 0
    if parts:
        yield np.concatenate(parts), np.concatenate(first)
