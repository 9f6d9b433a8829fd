"""What an examination found: one finding per check, and the table of them all."""

import math
import textwrap
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final, Literal, final

Verdict = Literal["pass", "fail", "skip"]

_MARKS: Final[dict[Verdict, str]] = {"pass": "ok", "fail": "FAIL", "skip": "-"}
_INDENT: Final = " " * 6


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where something happens, as far as it is known: which part, head and sentence, and which query reads which key.

    Heads, sentences and positions count from 0.
    """

    part: str | None = None
    head: int | None = None
    sentence: int | None = None
    query: int | None = None
    key: int | None = None

    def __str__(self) -> str:
        named = {"head": self.head, "sentence": self.sentence}
        words = [] if self.part is None else [self.part]
        words += [f"{name} {number}" for name, number in named.items() if number is not None]
        if self.query is not None and self.key is not None:
            words.append(f"query {self.query} → key {self.key}")
        elif self.query is not None:
            words.append(f"position {self.query}")
        elif self.key is not None:
            words.append(f"key {self.key}")
        return ", ".join(words)


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        name: of the check.
        verdict: ``pass``, ``fail``, or ``skip`` where the check could not be made.
        explanation: what was seen, in a sentence.
        measured: the largest deviation that was measured; passing means ``measured <= tolerance``.
        tolerance: the largest deviation that is accepted.
        place: where the largest deviation is, if there is one.
        advice: what to do about it.
    """

    name: str
    verdict: Verdict
    explanation: str
    measured: float | int | None = None
    tolerance: float | int | None = None
    place: Place | None = None
    advice: str = ""

    def lines(self, *, width: int = 120) -> list[str]:
        """The row of the table, and beneath a failed one where it fails and what to do."""
        row = _row(_MARKS[self.verdict], self.name, _number(self.measured), _number(self.tolerance))
        if self.verdict != "fail" and len(row) + 2 + len(self.explanation) <= width:
            return [f"{row}  {self.explanation}"]
        notes = [self.explanation]
        if self.verdict == "fail":
            notes += [f"where: {self.place}"] if self.place is not None and str(self.place) else []
            notes += [f"to do: {self.advice}"] if self.advice else []
        wrapped = (textwrap.wrap(note, width, initial_indent=_INDENT, subsequent_indent=_INDENT) for note in notes)
        return [row.rstrip(), *chain.from_iterable(wrapped)]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON; a measure that is no number is given as ``"nan"`` or ``"inf"``."""
        record = asdict(self)
        for name in ("measured", "tolerance"):
            if record[name] is not None and not math.isfinite(record[name]):
                record[name] = str(record[name])
        return record


def severity(size: float | int) -> float | int:
    """To rank what was measured by, as the key of a maximum: a NaN is worse than every number."""
    return math.inf if math.isnan(size) else size


def judged(
    name: str,
    *,
    measured: float | int,
    tolerance: float | int,
    good: str,
    bad: str,
    place: Place | None = None,
    advice: str = "",
) -> Finding:
    """A finding that passes when what was measured is a number and at most the tolerance."""
    if measured <= tolerance:  # False for NaN
        return Finding(name, "pass", good, measured, tolerance)
    return Finding(name, "fail", bad, measured, tolerance, place, advice)


@final
@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings of an examination, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings of checks that failed."""
        return tuple(finding for finding in self.findings if finding.verdict == "fail")

    def __getitem__(self, name: str) -> Finding:
        """The finding of the check with this name.

        Raises:
            KeyError: there is no such check; the message lists those there are.
        """
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(f"there is no check {name!r}; there are: {', '.join(each.name for each in self.findings)}")

    def table(self, *, width: int = 120) -> str:
        """All findings as text of lines of at most ``width`` characters, readable without colour."""
        rows = (finding.lines(width=width) for finding in self.findings)
        return "\n".join([_row("", "check", "measured", "at most"), *chain.from_iterable(rows)])

    def __str__(self) -> str:
        return self.table()

    def record(self) -> list[dict[str, Any]]:
        """Plain values for JSON."""
        return [finding.record() for finding in self.findings]


def _row(mark: str, name: str, measured: str, tolerance: str) -> str:
    return f"{mark:<4}  {name:<18} {measured:>8} {tolerance:>8}"


def _number(value: float | int | None) -> str:
    return "" if value is None else f"{value:.2g}"
