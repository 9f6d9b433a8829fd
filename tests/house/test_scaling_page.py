"""The tables of docs/scaling.md are those of the records, and of the formula on the page."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def page(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("benchmarks/scaling_page.py")


def test_the_tables_follow_from_the_records(page: ModuleType) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text) == text, "run python benchmarks/scaling_page.py"
    changed = text.replace("%", "!")
    assert page.written(changed) == text != changed


def test_the_formula_by_hand(page: ModuleType) -> None:
    # 100 M weights on 2 GPUs at 1 GB/s: C = 6e8 · 25e3 / 1e14 = 0.15 s; M = 2 · 1/2 · 0.4 GB / 1 GB/s + 2 · 20 µs
    assert page.efficiency(100e6, 2, 1e9, "replicas") == pytest.approx(0.15 / (0.15 + 0.4 + 40e-6))
    assert page.efficiency(100e6, 1, 1e9, "shards") == 1
