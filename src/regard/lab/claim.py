"""What an experiment finds: a claim, what was measured, beside its control, and the verdict."""

from dataclasses import dataclass
from typing import final

Cell = str | int | float | bool


@final
@dataclass(frozen=True, slots=True)
class Table:
    """Measurements. The control stands among the rows, so that the same table shows what would speak against."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@final
@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart."""

    name: str
    points: tuple[tuple[float, float], ...]


@final
@dataclass(frozen=True, slots=True)
class Chart:
    """A figure as data. ``description`` says in words what is to be seen."""

    title: str
    description: str
    across: str
    upward: str
    series: tuple[Series, ...]
    doubling: bool = False
    """Whether each step to the right doubles the value (a logarithmic axis)."""


@final
@dataclass(frozen=True, slots=True)
class Told:
    """The claim as it is usually told, where that is looser than what is true."""

    text: str
    holds: bool
    measured: str


@final
@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that was measured.

    Attributes:
        text: the claim, in its precise form.
        source: its row among the textbook's claims, for example ``M3``.
        expected: what must come out for it to hold.
        measured: what came out.
        holds: the verdict; one that disappoints stays.
        tables: the measurements, the control among them.
        told: the loose form, with a verdict of its own.
        figure: the measurements drawn.
    """

    text: str
    source: str
    expected: str
    measured: str
    holds: bool
    tables: tuple[Table, ...]
    told: Told | None = None
    figure: Chart | None = None
