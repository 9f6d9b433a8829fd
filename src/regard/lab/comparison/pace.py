"""How many updates each side makes in a minute, measured in turns, so that what disturbs one disturbs the other too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from regard.lab.comparison.going import Going
from regard.lab.comparison.plan import Budget, Plan
from regard.runs.data import RunData
from regard.runs.machine import use_threads
from regard.text import Tokenizer


@final
@dataclass(frozen=True, slots=True)
class Sitting:
    """How long a measurement takes, in seconds; turns are short, and each side has several."""

    warm_seconds: float = 10.0
    turn_seconds: float = 4.0
    turns: int = 7


USUAL: Final = Sitting()


def measure_pace(
    plan: Plan, data: RunData, tokenizer: Tokenizer, *, sitting: Sitting = USUAL
) -> dict[str, dict[str, Any]]:
    """Updates and tokens per second of both sides, by name; the machine should have nothing else to do."""
    use_threads(plan.threads)
    going = [Going(side, data, tokenizer) for side in plan.sides]
    for one in going:
        one.warm_up(sitting.warm_seconds)
    for _ in range(sitting.turns):
        for one in going:
            one.go(sitting.turn_seconds)
    return {one.side.name: _pace(one, plan.threads) for one in going}


def updates_of(budget: Budget, pace: Mapping[str, Any]) -> int:
    """How many updates a side may make. Validations come on top: they are the same for both sides."""
    if budget.minutes is not None:
        updates = budget.minutes * 60 * float(pace["updates_per_second"])
    else:
        assert budget.tokens is not None
        updates = budget.tokens / float(pace["tokens_per_update"])
    return max(1, round(updates))


def _pace(going: Going, threads: int) -> dict[str, Any]:
    return {
        "updates_per_second": round(going.updates / going.seconds, 5),
        "tokens_per_second": round(going.tokens / going.seconds, 1),
        "tokens_per_update": round(going.tokens / going.updates, 2),
        "updates": going.updates,
        "seconds": round(going.seconds, 2),
        "threads": threads,
    }
