"""The table of docs/translation-memory.md is that of the record."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "translation_memory_page", ROOT / "benchmarks" / "translation_memory.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_follows_from_the_record(benchmark: ModuleType) -> None:
    text = benchmark.PAGE.read_text(encoding="utf-8")
    assert benchmark.written(text) == text, "run python benchmarks/translation_memory.py --page"
    assert benchmark.written(text.replace("| 59.", "| 99.")) == text  # a changed figure would be noticed
