"""The tables of training's speed follow from the recorded measurements; CI does not measure them again."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def compare(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("benchmarks/training_speed/compare.py")


@pytest.mark.parametrize("question", ["peers", "levers"])
def test_the_tables_follow_from_the_recorded_measurements(compare: ModuleType, question: str) -> None:
    lines = compare.recorded(compare.RECORDED / f"training_{question}.jsonl")
    page = compare.page.RESULTS.read_text(encoding="utf-8")
    for section, text in compare.sections(question, lines).items():
        assert compare.page.placed(section, text, page) == page, (
            f"run benchmarks/train_throughput.py --{question} --show --write"
        )


def test_another_measurement_changes_the_table(compare: ModuleType) -> None:
    lines = compare.recorded(compare.RECORDED / "training_peers.jsonl")
    slower = [line | {"seconds": 2 * line["seconds"]} if line["system"] == "regard" else line for line in lines]
    assert compare.sections("peers", slower) != compare.sections("peers", lines)


def test_the_verdict_compares_with_the_fastest_peer_and_then_with_the_same(compare: ModuleType) -> None:
    def line(system: str, mode: str, rate: float) -> dict[str, object]:
        return {"system": system, "mode": mode, "model": "small", "tokens": rate, "seconds": 1.0}

    lines = [
        line("regard", "default", 12.0),
        line("torch", "default", 4.0),
        line("torch", "bf16", 6.0),
        line("eole", "default", 3.0),
        line("eole", "bf16", 8.0),
    ]
    said = compare.page.verdict(lines, "small")
    assert "**3.00×** the fastest peer at default settings (torch.nn.Transformer" in said
    assert "**2.00×** the same peer with bf16 and oneDNN, and 1.50× the fastest with them (eole)" in said
    alone = compare.page.verdict([lines[0], lines[2]], "small")
    assert alone == "*small*: no peer is measured at its default settings yet."
