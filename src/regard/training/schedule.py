"""Learning-rate schedules: the rate as a pure function of the update's number."""

import math

from regard.settings.training import TrainingSettings


def learning_rate(settings: TrainingSettings, step: int, total_steps: int | None) -> float:
    """The rate of update ``step``, counted from 0.

    During warm-up it rises linearly to ``learning_rate``. Then: ``linear`` and ``cosine`` fall to 0 at
    ``total_steps`` (and wait at the top while that is not known yet), ``inverse_sqrt`` falls as 1/√step (Vaswani et
    al. 2017, equation 3), ``constant`` stays.
    """
    warmup = warmup_steps(settings, total_steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    return settings.learning_rate * _after_warmup(settings.schedule, step, warmup, total_steps)


def warmup_steps(settings: TrainingSettings, total_steps: int | None) -> int:
    """The warm-up asked for, but at most a fifth of a run whose length is known."""
    return settings.warmup_steps if total_steps is None else min(settings.warmup_steps, total_steps // 5)


def _after_warmup(schedule: str, step: int, warmup: int, total_steps: int | None) -> float:
    if schedule == "inverse_sqrt":
        return math.sqrt(max(warmup, 1) / max(step, 1))
    if schedule == "constant" or total_steps is None:
        return 1.0
    done = min(1.0, (step - warmup) / max(1, total_steps - warmup))
    return 1 - done if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
