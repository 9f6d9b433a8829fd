"""Several listeners to one run; one that may fail without ending it."""

import warnings
from collections.abc import Callable, Sequence
from typing import final

from regard.errors import MachineError
from regard.launch import Launch
from regard.training import Reporter, Silent, StepReport, ValidReport


def listener_of(reporter: Reporter | None) -> Reporter:
    """Who is told; only the first of several processes speaks. That it cannot write does not end the run."""
    if reporter is None or not Launch.of().is_first:
        return Silent()
    return Spared(reporter, tell=lambda message: warnings.warn(message, RuntimeWarning, stacklevel=2))


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


@final
class Spared:
    """Passes reports on to a listener that writes them; what it cannot write costs lines, not the run.

    That is a log on a full disk as well as a terminal that was closed, or a pipe that nobody reads any more.
    """

    def __init__(self, listener: Reporter, *, tell: Callable[[str], None]) -> None:
        self.listener = listener
        self._tell = tell
        self._is_failing = False

    def note(self, message: str) -> None:
        """Passes a sentence on."""
        self._try(lambda: self.listener.note(message))

    def step(self, report: StepReport) -> None:
        """Passes it on."""
        self._try(lambda: self.listener.step(report))

    def validated(self, report: ValidReport) -> None:
        """Passes it on."""
        self._try(lambda: self.listener.validated(report))

    def _try(self, pass_on: Callable[[], None]) -> None:
        try:
            pass_on()
        except (MachineError, OSError) as error:
            if not self._is_failing:
                self._tell(f"{error}. Training goes on without these lines")
            self._is_failing = True
        else:
            self._is_failing = False
