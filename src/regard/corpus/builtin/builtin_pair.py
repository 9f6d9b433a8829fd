"""One pair of the built-in corpus: both sentences, how they were made, and which words translate each other."""

from dataclasses import dataclass
from typing import Final

from regard.corpus.builtin.words import split_english, split_french
from regard.corpus.pair import Origin, Pair

FILE: Final = "builtin"


@dataclass(frozen=True, slots=True)
class BuiltinPair:
    """A sentence pair that knows its structure and its word alignment.

    ``alignment`` holds (source word, target word) positions from 0 in ``source_words`` and ``target_words``; every
    word of either side has at least one link. ``alternatives`` are further correct translations. ``lemmas`` names the
    words that were drawn (``noun:cat``, ``verb:chase``); it is empty for pairs written by hand.
    """

    source: str
    target: str
    structure: str
    alignment: tuple[tuple[int, int], ...]
    alternatives: tuple[str, ...] = ()
    lemmas: tuple[str, ...] = ()

    @property
    def source_words(self) -> list[str]:
        """The English words the alignment counts."""
        return split_english(self.source)

    @property
    def target_words(self) -> list[str]:
        """The French words the alignment counts."""
        return split_french(self.target)

    def to_pair(self, line: int) -> Pair:
        """The pair as every reader yields it; ``line`` counts from 1."""
        return Pair(self.source, self.target, Origin(FILE, line))
