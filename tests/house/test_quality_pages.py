"""The tables of quality after some minutes follow from the recorded cells; CI does not train them again."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

LoadProgram = Callable[[str], ModuleType]


def table_of(program: ModuleType, lines: list[dict[str, Any]]) -> str:
    """As the program writes it without options."""
    if program.NAME == "time_to_quality":
        return str(program.table(lines))
    return str(program.table(lines, "small", 15.0))


@pytest.mark.parametrize("name", ["time_to_quality", "quality_settings"])
def test_the_table_follows_from_the_recorded_cells(load_program: LoadProgram, name: str) -> None:
    program = load_program(f"benchmarks/{name}.py")
    lines = program.recorded(program.page.RESULTS.parents[1] / "benchmarks" / "recorded" / f"{name}.jsonl")
    page = program.page.RESULTS.read_text(encoding="utf-8")
    section = name.replace("_", " ")
    assert lines
    assert program.page.placed(section, table_of(program, lines), page) == page, (
        f"run benchmarks/{name}.py --show --write"
    )
    worse = [line | {"bleu_tok_lc": 1.0} for line in lines]
    assert program.page.placed(section, table_of(program, worse), page) != page
