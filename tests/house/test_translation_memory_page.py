"""The table of docs/translation-memory.md is that of the record."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("benchmarks/translation_memory.py")


def test_the_table_follows_from_the_record(benchmark: ModuleType) -> None:
    text = benchmark.PAGE.read_text(encoding="utf-8")
    assert benchmark.written(text) == text, "run python benchmarks/translation_memory.py --page"
    changed = text.replace("<!-- end -->", "| one row too many |\n<!-- end -->")
    assert benchmark.written(changed) == text != changed
