"""What can happen to a sentence, and how often it did."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import final

MISMATCH = "placeholder_mismatch"


@final
class Outcome(Enum):
    """How a sentence came to its translation, placeholders and tags included.

    The value is what a review list says.
    """

    EXACT = "memory, exact"
    FUZZY = "memory, fuzzy"
    PLAIN = "model"
    KEPT = "model, placeholders kept"
    RETRIED = "model, placeholders kept at another try"
    FLAGGED = MISMATCH
    UNCHANGED = "nothing to translate"


@final
@dataclass(frozen=True)
class Counts:
    """How many sentences had which outcome."""

    by_outcome: Counter[Outcome]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Counts":
        """Counts outcomes."""
        return cls(Counter(outcomes))

    def __getitem__(self, outcome: Outcome) -> int:
        return self.by_outcome[outcome]

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_outcome.total()

    def lines(self) -> list[str]:
        """The counts as sentences for people."""
        memory = self[Outcome.EXACT] + self[Outcome.FUZZY]
        told = [f"{self.total:,} translated: {memory:,} from the memory, {self.total - memory:,} by the model"]
        if memory:
            share = 100 * memory / self.total
            told += [f"memory: {self[Outcome.EXACT]:,} exact, {self[Outcome.FUZZY]:,} similar ({share:.0f} % of all)"]
        kept, retried, flagged = (self[each] for each in (Outcome.KEPT, Outcome.RETRIED, Outcome.FLAGGED))
        if kept + retried + flagged:
            told += [
                f"placeholders and tags: {kept:,} kept at once, {retried:,} at another try, {flagged:,} flagged as "
                f"{MISMATCH}"
            ]
        return told
