"""A time limit as a number of updates: measured early in the run, once more after a fifth of the time, then kept.

Updates, not minutes, drive the schedule, so a resumed run goes on exactly as it would have gone without the stop.
Updates with R-Drop are dear: they read their batches twice. Where they begin later, both kinds are counted.
Validations are part of the time: by the second look one or two have shown how long those to come will take.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from statistics import median
from typing import Any, final

from regard.settings.training import TrainingSettings

_WARM_UPDATES = 5  # the first updates compile kernels and are slower
_FIRST_LOOK_SECONDS = 8.0
_SECOND_LOOK_SHARE = 0.2  # of the time: by then products are compiled for most shapes, and a busy moment is over
_SHARE_FOR_UPDATES = 0.95  # at most: the rest is kept for validations and saving, also where they need less
_DEAR = 2.0  # times what others take, where only one kind has been seen
_MOST_STEPS = 2**53  # a limit of any size is a number of updates; larger floats do not tell neighbours apart
DEFAULT_MINUTES = 30.0
VALIDATIONS_PER_RUN = 10  # where nobody says how many updates lie between them


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
    """Watches the first updates of a run and turns minutes into updates, twice: soon, and when more is known."""

    minutes: float
    durations: list[float] = field(default_factory=list)
    dear_durations: list[float] = field(default_factory=list)
    validations: list[float] = field(default_factory=list)
    savings: list[float] = field(default_factory=list)
    num_looks: int = 0
    _latest: float | None = None
    _num_seen: int = 0

    @property
    def is_done(self) -> bool:
        """Whether the number given last is the one to keep."""
        return self.num_looks == 2

    def validated(self, seconds: float) -> None:
        """Notes how long a validation took."""
        self.validations.append(seconds)

    def saved(self, seconds: float) -> None:
        """Notes how long saving took."""
        self.savings.append(seconds)

    def total_steps(
        self,
        step: int,
        now_seconds: float,
        *,
        is_dear: bool = False,
        dear_from: float = 1.0,
        validate_every: int | None = None,
    ) -> int | None:
        """After update number ``step``, ``now_seconds`` into the run: how many there will be; None if nothing new.

        Args:
            step: updates made.
            now_seconds: since the run began.
            is_dear: whether this one was read twice.
            dear_from: the share of all updates after which they are; 1 for never.
            validate_every: updates between validations, each of which is saved; None for ten a run.
        """
        self._mark(now_seconds, self.dear_durations if is_dear else self.durations)
        if now_seconds >= self.minutes * 60 * _SHARE_FOR_UPDATES:
            self.num_looks = 2
            return step
        known = self.durations + self.dear_durations
        if not known or not self._is_due(sum(known), now_seconds):
            return None
        self.num_looks += 1
        return self._most_steps(
            step, self.minutes * 60 - now_seconds, dear_from=dear_from, validate_every=validate_every
        )

    def _most_steps(self, step: int, left: float, *, dear_from: float, validate_every: int | None) -> int:
        """The most updates a run can have if all that comes after number ``step`` is to fit into ``left`` seconds."""
        usual, dear = self._medians()
        interruption = sum(median(one) for one in (self.validations, self.savings) if one)
        kept = self.minutes * 60 * (1 - _SHARE_FOR_UPDATES)

        def seconds(total: int) -> float:
            num_dear = min(total - step, total * (1 - dear_from))
            interruptions = _num_validations(step, total, validate_every) * interruption
            return (total - step - num_dear) * usual + num_dear * dear + max(kept, interruptions)

        possible = range(step + 1, step + 2 + int(min(left / min(usual, dear), _MOST_STEPS)))
        return step + max(1, bisect_right(possible, left, key=seconds))

    def _medians(self) -> tuple[float, float]:
        """Seconds of usual and of dear updates.

        Medians: a burst of load from another program in these seconds must not decide about the whole run.
        """
        usual, dear = (max(median(one), 1e-6) if one else None for one in (self.durations, self.dear_durations))
        return usual or (dear or 0) / _DEAR, dear or (usual or 0) * _DEAR

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps; ``Stopwatch(**state)`` goes on, after warming up again."""
        return {
            "minutes": self.minutes,
            "durations": list(self.durations),
            "dear_durations": list(self.dear_durations),
            "validations": list(self.validations),
            "savings": list(self.savings),
            "num_looks": self.num_looks,
        }

    def _mark(self, now_seconds: float, durations: list[float]) -> None:
        self._num_seen += 1
        if self._latest is not None and self._num_seen > _WARM_UPDATES + 1:
            durations.append(now_seconds - self._latest)
        self._latest = now_seconds

    def _is_due(self, measured_seconds: float, now_seconds: float) -> bool:
        if self.num_looks == 0:
            return measured_seconds >= min(_FIRST_LOOK_SECONDS, self.minutes * 3)
        return now_seconds >= _SECOND_LOOK_SHARE * self.minutes * 60


def _num_validations(step: int, total: int, validate_every: int | None) -> int:
    """How many come after ``step`` updates of ``total``, that after the last one counted."""
    if validate_every is None:
        return VALIDATIONS_PER_RUN - VALIDATIONS_PER_RUN * step // total
    return -(-total // validate_every) - step // validate_every
