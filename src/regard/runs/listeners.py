"""Several listeners to one run."""

from collections.abc import Sequence
from typing import final

from regard.training import Reporter, StepReport, ValidReport


@final
class Several:
    """Passes every report on to each listener."""

    def __init__(self, listeners: Sequence[Reporter]) -> None:
        self.listeners = listeners

    def note(self, message: str) -> None:
        """Passes a sentence on."""
        for listener in self.listeners:
            listener.note(message)

    def step(self, report: StepReport) -> None:
        """Passes it on."""
        for listener in self.listeners:
            listener.step(report)

    def validated(self, report: ValidReport) -> None:
        """Passes it on."""
        for listener in self.listeners:
            listener.validated(report)
