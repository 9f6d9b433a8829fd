"""What a run tells, shown to a person: a bar that moves in a terminal, or a line now and then in a log file.

Everything goes to standard error, so that standard output holds results only.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from regard.cli.show import count, duration, printable
from regard.launch import Launch

if TYPE_CHECKING:
    from rich.progress import Progress

    from regard.training import StepReport, ValidReport

LINE_EVERY_SECONDS = 10.0
_TITLES = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER"}


@contextmanager
def progress_reporter() -> "Iterator[BarReporter | LineReporter]":
    """The reporter that fits standard error: a bar in a terminal, plain lines elsewhere.

    Of several processes that train together, the first speaks.
    """
    if not Launch.of().is_first:
        yield LineReporter(_say_nothing)
    elif sys.stderr.isatty():
        with _progress_bar() as bar:
            yield BarReporter(bar)
    else:
        yield LineReporter()


def _progress_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        console=Console(stderr=True, highlight=False),
        refresh_per_second=4,
    )


class BarReporter:
    """A progress bar; what is worth keeping (notes, validations) scrolls by above it."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("reading", total=None, state="")

    def note(self, message: str) -> None:
        """Prints the message above the bar."""
        self._bar.console.print(printable(message), markup=False)

    def watch(self, what: str, done: int, total: int) -> None:
        """Moves the bar while a corpus is prepared; without a total, prints what is said above it."""
        if total:
            state = f"{count(done)}/{count(total)} pairs"
            self._bar.update(self._task, description=what, total=total, completed=done, state=state)
        else:
            self.note(what)

    def step(self, report: "StepReport") -> None:
        """Moves the bar."""
        self._bar.update(
            self._task, description="training", total=report.total_steps, completed=report.step, state=_state(report)
        )

    def validated(self, report: "ValidReport") -> None:
        """Prints scores and a sample translation above the bar."""
        for line in validation_lines(report):
            self._bar.console.print(line, markup=False)


class LineReporter:
    """Plain lines, for a log file: notes, validations, and every ten seconds how far training is."""

    def __init__(
        self, write: Callable[[str], None] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write or _write_to_stderr
        self._clock = clock
        self._next_line = clock()

    def note(self, message: str) -> None:
        """Writes the message."""
        self._write(printable(message))

    def step(self, report: "StepReport") -> None:
        """Writes a line if the last one is ten seconds old."""
        if self._is_time():
            self._write(_state(report))

    def watch(self, what: str, done: int, total: int) -> None:
        """The same while a corpus is prepared; without a total, writes what is said."""
        if not total:
            self.note(what)
        elif self._is_time():
            self._write(f"{what}: {count(done)}/{count(total)} pairs")

    def validated(self, report: "ValidReport") -> None:
        """Writes scores and a sample translation."""
        for line in validation_lines(report):
            self._write(line)

    def _is_time(self) -> bool:
        now = self._clock()
        if now < self._next_line:
            return False
        self._next_line = now + LINE_EVERY_SECONDS
        return True


def validation_lines(report: "ValidReport") -> list[str]:
    """The scores, and one sample: the same sentence each time, so that a person sees it get better."""
    scores = " · ".join(_score(name, value) for name, value in report.scores.items())
    lines = [f"step {count(report.step)} validated: {scores}{' (best so far)' if report.is_best else ''}"]
    if report.samples:
        source, reference, translation = report.samples[0]
        lines.append(f"    {printable(source)} → {printable(translation)}   (reference: {printable(reference)})")
    return lines


def _score(name: str, value: float) -> str:
    return f"{_TITLES[name]} {value:.1f}" if name in _TITLES else f"{name} {value:.3f}"


def _state(report: "StepReport") -> str:
    steps = count(report.step) + (f"/{count(report.total_steps)}" if report.total_steps else "")
    speed, left = count(report.tokens_per_second), duration(report.remaining_seconds)
    return f"step {steps} · loss {report.loss:.3f} · {speed} tokens/s · {left} left"


def _say_nothing(line: str) -> None:
    """For processes that are not the first."""


def _write_to_stderr(line: str) -> None:
    with suppress(OSError):  # a reader that has gone, or a closed terminal, is no reason to stop working
        print(line, file=sys.stderr, flush=True)
