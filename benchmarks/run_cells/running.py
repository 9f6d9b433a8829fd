"""Cells in turn: paced, trained, scored, recorded; whatever stops it, the same command goes on."""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date
from pathlib import Path
from threading import Event, Lock
from typing import Any

from cell import Cell, train
from pace import known_paces, measure_paces, pace_key, updates_in
from score import scores

RECORDED = Path(__file__).parents[1] / "recorded"


def run(cells: Sequence[Cell], name: str, arguments: argparse.Namespace, *, scored_on: str) -> None:
    """Does what is left to do, as far as the time goes."""
    until = time.monotonic() + 60 * arguments.max_minutes
    paces, record = arguments.recorded / f"{name}_pace.jsonl", arguments.recorded / f"{name}.jsonl"
    if arguments.measure_paces:
        is_done = measure_paces(cells, paces, threads=arguments.threads, until=until)
        print("every pace is known" if is_done else "not every pace is known yet; the same command goes on")
        return
    os.nice(arguments.nice)
    waiting, stopping, scoring = iter(missing(cells, record)), Event(), Lock()

    def is_over() -> bool:
        return stopping.is_set() or time.monotonic() >= until

    def work() -> None:
        while not is_over() and (cell := next(waiting, None)):
            updates = arguments.updates or _updates(cell, paces, arguments.threads)
            threads = max(1, arguments.threads // arguments.at_once)
            if run_of_cell := train(cell, arguments.cache / "runs", updates=updates, threads=threads, is_over=is_over):
                with scoring:
                    _record(cell, updates, scores(run_of_cell, scored_on), record, scored_on)

    _side_by_side(work, arguments.at_once, stopping)
    left = len(missing(cells, record))
    print("all cells are recorded" if not left else f"{left} cells are left; the same command goes on")


def _side_by_side(work: Callable[[], None], times: int, stopping: Event) -> None:
    """Does the work in so many threads; what fails in one, or Ctrl-C, asks the others to save and end."""
    with ThreadPoolExecutor(times) as pool:
        try:
            for worker in as_completed([pool.submit(work) for _ in range(times)]):
                worker.result()
        except BaseException:
            stopping.set()
            raise


def _record(cell: Cell, updates: int, found: dict[str, Any], record: Path, scored_on: str) -> None:
    line = {"name": cell.name, "preset": cell.preset, "overrides": cell.overrides, "seed": cell.seed,
            "minutes": cell.minutes, "updates": updates, "set": scored_on, "date": date.today().isoformat(),
            **found}  # fmt: skip
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(f"{cell.key}: {found['bleu_tok_lc']:.2f} tok-lc, {found['bleu_13a']:.2f} 13a", flush=True)


def recorded(record: Path) -> list[dict[str, Any]]:
    """What was found so far."""
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []


def missing(cells: Sequence[Cell], record: Path) -> list[Cell]:
    """The cells nothing is known of, first seeds first."""
    done = {(line["name"], line["preset"], line["seed"], line["minutes"]) for line in recorded(record)}
    left = [cell for cell in cells if (cell.name, cell.preset, cell.seed, cell.minutes) not in done]
    return sorted(left, key=lambda cell: cell.seed)


def add_arguments(parser: argparse.ArgumentParser, *, seeds: Sequence[int], minutes: Sequence[float]) -> None:
    """The options of every table of cells."""
    parser.add_argument("--preset", default="small")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    parser.add_argument("--minutes", type=float, nargs="+", default=list(minutes), help="a cell's, on a quiet machine")
    parser.add_argument("--measure-paces", action="store_true",
                        help="only measure how long updates take; let nothing else run meanwhile")  # fmt: skip
    parser.add_argument("--updates", type=int, help="of each cell, in place of what its minutes hold (to try it out)")
    parser.add_argument("--max-minutes", type=float, default=1e6, help="stop after so long; what runs is saved")
    parser.add_argument("--nice", type=int, default=0, help="let other programs go first, by so much")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=1, metavar="CELLS",
                        help="train so many side by side, the threads divided among them: two of one thread each make "
                             "a third more updates in an hour than one after the other with two, and as many each as "
                             "its minutes hold with all threads")  # fmt: skip
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "regard-benchmarks",
                        help="where runs lie")  # fmt: skip
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="where lines are recorded")
    parser.add_argument("--show", action="store_true", help="run nothing; the table of what was recorded")
    parser.add_argument("--write", action="store_true", help="renew the table in docs/results.md")


def _updates(cell: Cell, paces: Path, threads: int) -> int:
    known, key = known_paces(paces), pace_key(cell, threads)
    if key not in known:
        raise SystemExit(f"the pace of '{key}' is not known; run --measure-paces first, on a quiet machine")
    return updates_in(cell.minutes, known[key])
