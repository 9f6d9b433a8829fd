"""The pairs that a model is scored on: those of files, or its own. Translating and scoring them is left to others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final

from regard.cli.given_pairs import GivenPairs
from regard.cli.show import count
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.corpus import Pair, Reading
    from regard.settings import DataSettings


@final
@dataclass(frozen=True)
class ScoredPairs:
    """A test set, and what it is; ``read`` holds every pair in its place, those with a blank side too."""

    read: "Sequence[Pair]"
    description: str

    @cached_property
    def pairs(self) -> "list[Pair]":
        """Those that are translated and scored: they have two sides."""
        return [pair for pair in self.read if pair.is_whole]

    @property
    def sides(self) -> tuple[list[str], list[str]]:
        """Their sources and their references."""
        return [pair.source for pair in self.pairs], [pair.target for pair in self.pairs]

    def __str__(self) -> str:
        """How many there are of what, and how many are left out."""
        blank = len(self.read) - len(self.pairs)
        left_out = f"; left out because a side is blank: {count(blank)}" if blank else ""
        return f"{count(len(self.pairs))} sentences: {self.description}{left_out}"

    def in_place(self, hypotheses: Sequence[str]) -> Iterator[str]:
        """A line for each pair that was read: its translation, or nothing where it was left out."""
        translations = iter(hypotheses)
        return (next(translations) if pair.is_whole else "" for pair in self.read)


def scored_pairs(given: GivenPairs, data: "DataSettings") -> ScoredPairs:
    """The pairs of the files that are given; without any, what the model was validated on.

    Of the built-in corpus, its test pairs.

    Args:
        given: the files, and how to read them.
        data: the settings of the model's pairs.

    Raises:
        InputError: there is nothing to score.
        CorpusError: the pairs cannot be read.
    """
    if given.source is not None:
        return _of_files(given.source, given.target, given.reading(data), str(given))
    if data.valid_source is not None:
        from regard.corpus.asked import reading_of

        own = GivenPairs(source=data.valid_source, target=data.valid_target)
        description = f"the model's validation pairs, {own}"
        return _of_files(data.valid_source, data.valid_target, reading_of(data), description)
    from regard.runs.data import read_data

    found = read_data(data)
    if data.source is None:
        return ScoredPairs(found.test, "test pairs of the built-in corpus, never trained on")
    return ScoredPairs(found.valid, f"the pairs of {data.source} that were held out to validate on")


def _of_files(source: Path, target: Path | None, reading: "Reading", description: str) -> ScoredPairs:
    from regard.corpus.shards import read_shards, shards_of

    found = ScoredPairs(list(read_shards(shards_of(source, target), reading=reading)), description)
    if not found.pairs:
        raise InputError(f"{source} has no sentence pairs to score")
    return found
