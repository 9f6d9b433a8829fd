"""The tables of docs/scaling.md are those of the records, and of the formula on the page."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scaling_page", ROOT / "benchmarks" / "scaling_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_follow_from_the_records(page: ModuleType) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text) == text, "run python benchmarks/scaling_page.py"
    assert page.written(text.replace("%", "!")) == text  # a changed cell would be noticed


def test_the_formula_by_hand(page: ModuleType) -> None:
    # 100 M weights on 2 GPUs at 1 GB/s: C = 6e8 · 25e3 / 1e14 = 0.15 s; M = 2 · 1/2 · 0.4 GB / 1 GB/s + 2 · 20 µs
    assert page.efficiency(100e6, 2, 1e9, "replicas") == pytest.approx(0.15 / (0.15 + 0.4 + 40e-6))
    assert page.efficiency(100e6, 1, 1e9, "shards") == 1
