"""A network that is being trained, to take the time of its updates: nothing of it is kept."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from regard.lab.comparison.plan import Side
from regard.runs.data import RunData
from regard.runs.folder import RunFolder
from regard.runs.train import Run
from regard.settings import Settings
from regard.text import Tokenizer
from regard.training import Silent, StepReport, Surroundings, ValidReport

_FOREVER: Final = 10**9


@final
@dataclass
class Going:
    """Updates of one side as they come in a training, made for some seconds at a time."""

    side: Side
    data: RunData
    tokenizer: Tokenizer
    seconds: float = 0.0
    updates: int = 0
    tokens: float = 0.0

    def __post_init__(self) -> None:
        settings = _endless(self.side.settings)
        self._run = Run(RunFolder(Path()), settings, self.tokenizer, self.data, Silent())

    def warm_up(self, seconds: float) -> None:
        """Updates that do not count: products are compiled for each new shape."""
        self._go(seconds)

    def go(self, seconds: float) -> None:
        """Updates that count."""
        listener, spent = self._go(seconds)
        self.seconds += spent
        self.updates += listener.updates
        self.tokens += listener.tokens

    def _go(self, seconds: float) -> "tuple[_Listener, float]":
        began = time.perf_counter()
        listener = _Listener(self._run.trainer.record().elapsed_seconds)
        around = Surroundings(
            validate=_never,
            publish=lambda _: None,
            save=_keep_nothing,
            should_stop=lambda: time.perf_counter() - began >= seconds,
            reporter=listener,
        )
        self._run.trainer.run(around)
        return listener, time.perf_counter() - began


class _Listener(Silent):
    """Counts updates and their tokens; it is told of each update."""

    def __init__(self, elapsed_seconds: float) -> None:
        self.updates = 0
        self.tokens = 0.0
        self._until = elapsed_seconds

    def step(self, report: StepReport) -> None:
        self.updates += 1
        self.tokens += report.tokens_per_second * (report.elapsed_seconds - self._until)
        self._until = report.elapsed_seconds


def _endless(settings: Settings) -> Settings:
    training = settings.training.model_copy(
        update={
            "max_steps": _FOREVER,
            "max_minutes": None,
            "max_epochs": None,
            "validate_every": _FOREVER,
            "log_every": 1,
        }
    )
    return settings.model_copy(update={"training": training})


def _keep_nothing(*, insist: bool) -> None:
    """What is timed is not saved."""


def _never(step: int) -> ValidReport:
    raise AssertionError(f"validated after update {step}, though nobody asked for it")
