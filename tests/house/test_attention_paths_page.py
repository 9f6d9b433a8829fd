"""The page and the dispatcher's table follow from the recorded figures; CI does not measure them again."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("benchmarks/attention_paths.py")


def test_the_page_follows_from_the_recorded_figures(benchmark: ModuleType) -> None:
    assert benchmark.PAGE.read_text(encoding="utf-8") == benchmark.page(), (
        "run benchmarks/attention_paths.py --only-write"
    )


def test_the_crossover_points_follow_from_the_recorded_figures(benchmark: ModuleType) -> None:
    assert benchmark.TABLE.read_text(encoding="utf-8") == benchmark.table_text()


def test_every_choice_is_near_the_fastest(benchmark: ModuleType) -> None:
    about, cells = benchmark.recorded(benchmark.records()[0])
    assert about["hardware"]
    assert len(cells) == len(set(benchmark.all_cells("cpu")))
    far = [cell for cell, times in cells.items() if not benchmark.verdict(times, benchmark.chosen(cell))[1]]
    assert not far


def test_a_slow_choice_would_be_noticed(benchmark: ModuleType) -> None:
    times = {"plain": [100.0, 101.0, 99.0], "fused": [50.0, 51.0, 49.0]}
    assert benchmark.verdict(times, "plain") == (2.0, False)
    assert benchmark.verdict(times, "fused") == (1.0, True)
    assert benchmark.verdict({"plain": [60.0, 40.0, 70.0], "fused": [50.0, 51.0, 49.0]}, "plain")[1]
