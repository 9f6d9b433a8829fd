"""Each schedule against its formula."""

import math

import pytest

from regard.settings import TrainingSettings
from regard.training import learning_rate


def rate(schedule: str, step: int, *, total: int | None = 1000, warmup: int = 100) -> float:
    settings = TrainingSettings(schedule=schedule, warmup_steps=warmup, learning_rate=2.0)  # type: ignore[arg-type]
    return learning_rate(settings, step, total)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "inverse_sqrt", "constant"])
def test_warm_up_rises_linearly_and_never_starts_at_zero(schedule: str) -> None:
    assert rate(schedule, 0) == pytest.approx(2 / 100)
    assert rate(schedule, 49) == pytest.approx(1.0)
    assert rate(schedule, 99) == pytest.approx(2.0)


def test_after_warm_up() -> None:
    assert rate("linear", 550) == pytest.approx(2 * 0.5)
    assert rate("linear", 1000) == 0
    assert rate("cosine", 325) == pytest.approx(1 + math.cos(math.pi / 4))
    assert rate("inverse_sqrt", 400) == pytest.approx(2 * math.sqrt(100 / 400))
    assert rate("constant", 999) == 2


def test_while_the_length_is_unknown_the_rate_waits_at_the_top() -> None:
    assert rate("linear", 700, total=None) == 2


def test_a_short_run_warms_up_for_a_fifth_of_it() -> None:
    assert rate("constant", 4, total=50, warmup=400) == pytest.approx(2 * 5 / 10)
