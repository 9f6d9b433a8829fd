"""What a run tells about itself: plain numbers, handed to whoever listens (a progress bar, a log, nobody)."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class StepReport:
    """After some updates. ``loss`` is nats per real target token, label smoothing included."""

    step: int
    total_steps: int | None
    epoch: float
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens_per_second: float
    elapsed_seconds: float
    remaining_seconds: float | None


@dataclass(frozen=True, slots=True)
class ValidReport:
    """After a validation: scores by name (``bleu``, ``chrf``, ``loss``) and sample translations."""

    step: int
    scores: dict[str, float]
    signatures: dict[str, str] = field(default_factory=dict)
    is_best: bool = False
    samples: tuple[tuple[str, str, str], ...] = ()  # (source, reference, translation)
    seconds: float = 0.0


@runtime_checkable
class Reporter(Protocol):
    """Whoever listens to a run."""

    def note(self, message: str) -> None:
        """A sentence for the user: what was read, counted, decided."""

    def step(self, report: StepReport) -> None:
        """Some updates were made."""

    def validated(self, report: ValidReport) -> None:
        """A validation was finished."""


class Silent:
    """A reporter that says nothing."""

    def note(self, message: str) -> None:
        """Says nothing."""

    def step(self, report: StepReport) -> None:
        """Says nothing."""

    def validated(self, report: ValidReport) -> None:
        """Says nothing."""
