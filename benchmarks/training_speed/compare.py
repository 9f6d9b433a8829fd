"""Runs the comparison with peers, or that of levers, as far as time allows; renews docs/results.md when asked."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import page
import torch
from environments import PEERS
from ours import LEVERS, learner
from rounds import OURS, Plan, Row, measure, prepare, recorded
from where_time_goes import products, shares
from worker import SHAPES, Task

RECORDED = Path(__file__).parents[1] / "recorded"


def peer_rows(models: Sequence[str], peers: Sequence[str]) -> list[Row]:
    """Ours, ours in float32, and every peer at its defaults and with bf16."""
    rows = []
    for model in models:
        rows += [Row(OURS, model, "default"), Row(OURS, model, "without bf16")]
        rows += [Row(peer, model, mode) for peer in peers for mode in page.MODES]
    return rows


def lever_rows(models: Sequence[str]) -> list[Row]:
    """Ours, and ours without each lever."""
    modes = ["default", *(f"without {lever}" for lever in LEVERS)]
    return [Row(OURS, model, mode) for model in models for mode in modes]


def compare(question: str, arguments: argparse.Namespace) -> None:
    """Measures the rows of a question (``peers`` or ``levers``), prints its tables, and writes them if asked."""
    rows = peer_rows(arguments.presets, arguments.systems) if question == "peers" else lever_rows(arguments.presets)
    record = RECORDED / f"training_{question}.jsonl"
    plan = Plan(
        cache=arguments.cache, record=record, rounds=arguments.rounds, threads=arguments.threads or 2,
        warm_seconds=arguments.warm_seconds, seconds=arguments.seconds, max_seconds=arguments.max_minutes * 60,
        cpu_time=question == "levers",
    )  # fmt: skip
    if not arguments.show and not measure(rows, plan):
        print("time is up; the same command goes on where this one stopped")
    lines = recorded(record)
    for section, text in sections(question, lines).items():
        print(f"\n{text}")
        if arguments.write:
            page.write(section, text)


def sections(question: str, lines: Sequence[page.Line]) -> dict[str, str]:
    """The generated parts of docs/results.md that these measurements give."""
    table = page.comparison if question == "peers" else page.levers
    models = [name for name in ("small", "tiny") if page.speeds(lines, model=name, system=OURS, mode="default")]
    return {f"training {question} {name}": f"{table(lines, name)}\n\n{page.provenance(lines)}" for name in models}


def profile(arguments: argparse.Namespace) -> None:
    """Where the time of an update of ours goes."""
    torch.set_num_threads(arguments.threads or 2)
    for name in arguments.presets:
        folder = prepare(arguments.cache)
        task = Task(SHAPES[name], False, folder, 1, None, arguments.warm_seconds, arguments.seconds)
        model, update = learner(task, task.pairs)
        began = time.perf_counter()
        while time.perf_counter() - began < arguments.warm_seconds:
            update()
        told = f"{name}, {torch.get_num_threads()} threads, {str(model.dtype).removeprefix('torch.')}"
        text = f"*{told}*\n\n{shares(update)}\n\n{products(update)}"
        print(f"\n{text}")
        if arguments.write:
            page.write(f"training profile {name}", text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of both comparisons."""
    group = parser.add_argument_group("comparisons", "resumable: every finished measurement is kept")
    group.add_argument("--peers", action="store_true", help="ours against other toolkits, on Multi30k")
    group.add_argument("--levers", action="store_true",
                       help="ours with each lever of its speed switched off, by processor time")  # fmt: skip
    group.add_argument("--profile", action="store_true", help="where the time of an update of ours goes")
    group.add_argument("--systems", nargs="+", choices=PEERS, default=list(PEERS), help="which peers")
    group.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "regard-benchmarks",
                       help="where the peers' environments and the cut corpus lie")  # fmt: skip
    group.add_argument("--warm-seconds", type=float, default=5.0)
    group.add_argument("--seconds", type=float, default=8.0, help="that count, of each measurement")
    group.add_argument("--max-minutes", type=float, default=60.0, help="stop before a measurement would end later")
    group.add_argument("--show", action="store_true", help="measure nothing; the tables of what was recorded")
    group.add_argument("--write", action="store_true", help="renew the tables of docs/results.md")
