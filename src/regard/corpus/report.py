"""Keeps count of what was read and what was left out, so that nothing is dropped in silence."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, final

from regard.corpus.pair import Origin

BLANK: Final = "blank on both sides"
ONE_SIDED: Final = "blank on one side"
_EXAMPLES: Final = 3


@final
class Report:
    """A running count of pairs kept, and of pairs dropped by reason, with the first few places of each reason.

    Args:
        names_files: whether a place is said with its file, for pairs of more than one.
    """

    def __init__(self, *, names_files: bool = False) -> None:
        self._names_files = names_files
        self._kept = 0
        self._dropped: Counter[str] = Counter()
        self._despite: Counter[str] = Counter()
        self._places: dict[str, list[Origin]] = {}
        self._notes: list[str] = []

    def keep(self) -> None:
        """A pair passed."""
        self._kept += 1

    def drop(self, reason: str, origin: Origin) -> None:
        """A pair was left out."""
        self._dropped[reason] += 1
        self._remember(reason, origin)

    def keep_despite(self, fault: str, origin: Origin) -> None:
        """A pair has a fault and was kept all the same."""
        self._kept += 1
        self._despite[fault] += 1
        self._remember(fault, origin)

    def note(self, remark: str) -> None:
        """Something to know that concerns no single pair."""
        self._notes.append(remark)

    @property
    def kept(self) -> int:
        """How many pairs passed."""
        return self._kept

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many pairs were left out, by reason, in the order the reasons first came up."""
        return dict(self._dropped)

    @property
    def kept_despite(self) -> Mapping[str, int]:
        """How many pairs were kept with a fault, by fault, in the order the faults first came up."""
        return dict(self._despite)

    @property
    def read(self) -> int:
        """How many pairs were read: those that passed and those that were left out."""
        return self._kept + self._dropped.total()

    def lines(self) -> list[str]:
        """The report as sentences for people."""
        first = f"{self.read:,} pairs read, {self._kept:,} kept"
        dropped = (f"{number:,} left out: {self._with_places(reason)}" for reason, number in self._dropped.items())
        despite = (f"{number:,} kept although: {self._with_places(fault)}" for fault, number in self._despite.items())
        return [first, *dropped, *despite, *self._notes]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _remember(self, reason: str, origin: Origin) -> None:
        places = self._places.setdefault(reason, [])
        if len(places) < _EXAMPLES:
            places.append(origin)

    def _with_places(self, reason: str) -> str:
        places = self._places[reason]
        more = ", …" if self._dropped[reason] + self._despite[reason] > len(places) else ""
        if self._names_files:
            return f"{reason} ({', '.join(map(str, places))}{more})"
        lines = ", ".join(f"{origin.line:,}" for origin in places)
        return f"{reason} (line {lines}{more})"
