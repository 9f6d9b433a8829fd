"""A time limit as a number of updates: measured once, early in the run, then kept in its state.

Updates, not minutes, drive the schedule, so a resumed run goes on exactly as it would have gone without the stop.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import final

from regard.settings.training import TrainingSettings

_WARM_UPDATES = 5  # the first updates compile kernels and are slower
_MEASURE_SECONDS = 8.0
_SHARE_FOR_UPDATES = 0.95  # validations and saving take the rest
DEFAULT_MINUTES = 30.0


def known_steps(settings: TrainingSettings, *, batches_per_epoch: int) -> int | None:
    """The number of updates that ``max_steps`` and ``max_epochs`` allow; None if neither is given."""
    limits = [] if settings.max_steps is None else [settings.max_steps]
    if settings.max_epochs is not None:
        limits.append(max(1, settings.max_epochs * batches_per_epoch // settings.accumulate))
    return min(limits, default=None)


def minutes_of(settings: TrainingSettings) -> float | None:
    """The time limit; 30 minutes when no limit of any kind is given."""
    unlimited = settings.max_minutes is settings.max_steps is settings.max_epochs is None
    return DEFAULT_MINUTES if unlimited else settings.max_minutes


@final
@dataclass
class Stopwatch:
    """Watches the first updates of a run and turns minutes into updates."""

    minutes: float
    marks: list[float] = field(default_factory=list)

    def total_steps(self, step: int, now_seconds: float) -> int | None:
        """After update number ``step``, ``now_seconds`` into the run: how many there will be; None if too early."""
        self.marks.append(now_seconds)
        measured = self.marks[_WARM_UPDATES:]
        left = self.minutes * 60 * _SHARE_FOR_UPDATES - now_seconds
        if left <= 0:
            return step
        if len(measured) < 2 or measured[-1] - measured[0] < min(_MEASURE_SECONDS, self.minutes * 3):
            return None
        # The median: a burst of load from another program in these seconds must not decide about the whole run.
        seconds_per_step = median(later - earlier for earlier, later in pairwise(measured))
        return step + max(1, int(left / max(seconds_per_step, 1e-6)))
