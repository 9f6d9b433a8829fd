"""Which path of attention is the fastest, for which shape of work? The dispatcher has to be within 15 % of the best.

Each cell is one device, type, shape of work, mask and number of keys; its paths are measured in turn, round by round,
so that a disturbance meets all of them. One JSON line per finished cell is added to benchmarks/recorded/, so that a
broken run goes on where it stopped (`--again` begins anew). From these lines follow the dispatcher's
src/regard/attention/crossovers.json (from the record with the most threads) and docs/attention-paths.md (`--write`).

    python benchmarks/attention_paths.py                   measure what is missing, print the table
    python benchmarks/attention_paths.py --write           and write crossover points and page
    python benchmarks/attention_paths.py --only-write      write them from what is recorded
"""

import argparse
import datetime
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import torch
from foreign_load import in_quiet
from torch import Tensor

from regard.attention import Causal, Everything, Mask, Padding, View
from regard.attention.core import context_by
from regard.attention.dispatch import Crossovers, choose_path, mask_kind, shape_of_work
from regard.layout import Layout
from regard.runs.machine import keep_freed_memory, use_threads

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "benchmarks" / "recorded"
TABLE = ROOT / "src" / "regard" / "attention" / "crossovers.json"
PAGE = ROOT / "docs" / "attention-paths.md"

PATHS = ("plain", "fused", "flex")
LENGTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
HEADS, HEAD_DIM = 4, 64
HELD_OUT = {64: (12, 24, 48, 96, 192, 384, 768, 1536), 32: (16, 64, 256)}
"""Lengths by head_dim that crossover points are not made from: the choice is tried on them."""
TOKENS = 2048
"""Tokens per side of a training batch: so many rows of a length fit."""
STEP_ROWS = 64
TOLERATED = 1.15
MOST_FOREIGN_LOAD = 0.1
"""So much of one processor may other programs take while a cell is measured."""
ROUND_SECONDS, LONG_SECONDS = 0.02, 0.1
STAY = 1.05
"""A path that is this near to the fastest is kept while keys grow: fewer crossover points, none from noise."""


Times = dict[str, list[float]]
"""Microseconds of each path, round by round."""


@dataclass(frozen=True)
class Cell:
    """One row of the table."""

    device: str
    dtype: str
    work: str
    mask: str
    rows: int
    queries: int
    keys: int
    head_dim: int = HEAD_DIM

    @property
    def is_held_out(self) -> bool:
        """Whether crossover points know nothing of it."""
        return self.head_dim != HEAD_DIM or self.keys not in LENGTHS


Cells = dict[Cell, Times]


def all_cells(device: str) -> Iterator[Cell]:
    sizes = [(HEAD_DIM, keys) for keys in LENGTHS]
    sizes += [(head_dim, keys) for head_dim, lengths in HELD_OUT.items() for keys in lengths]
    for head_dim, keys in sizes:
        for dtype in ("bfloat16", "float32"):
            for work, mask, rows, queries in _works(keys):
                yield Cell(device, dtype, work, mask, rows, queries, keys, head_dim)


def _works(keys: int) -> Iterator[tuple[str, str, int, int]]:
    many = max(1, TOKENS // keys)
    for mask in ("causal", "masked", "open"):
        yield "training", mask, many, keys
        for rows in sorted({1, many}):
            yield shape_of_work(rows * HEADS, keys, needs_grad=False), mask, rows, keys
    for rows in (1, STEP_ROWS):
        for mask in ("masked", "open"):
            yield shape_of_work(rows * HEADS, 1, needs_grad=False), mask, rows, 1


def view_of(cell: Cell) -> View:
    """A mask of the kind: padding takes up to a quarter of a row away."""
    lengths = [max(1, cell.keys - row % (1 + cell.keys // 4)) for row in range(1, cell.rows + 1)]
    masks: dict[str, Mask] = {
        "causal": Causal(),
        "open": Everything(),
        "masked": Padding(Layout.of(lengths, width=cell.keys)),
    }
    view = masks[cell.mask].view(cell.queries, cell.keys, device=cell.device)
    assert mask_kind(view) == cell.mask
    return view.of_blanked() if cell.queries == 1 else view  # decoding blanks the source once, before its steps


def work_of(cell: Cell) -> Callable[[str], Any]:
    """The work as a function of the path, on vectors laid out as a model has them."""
    dtype, view, scale = getattr(torch, cell.dtype), view_of(cell), cell.head_dim**-0.5
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(cell.device, dtype)

    if cell.queries == 1:
        queries, keys, values = (
            drawn(cell.rows, HEADS, 1, cell.head_dim),
            *drawn(2, cell.rows, HEADS, cell.keys, cell.head_dim),
        )
        return lambda path: context_by(path, queries, keys, values, view, scale=scale, needs_grad=False)
    projected = drawn(cell.rows, cell.keys, 3, HEADS, cell.head_dim)
    upstream = drawn(cell.rows, HEADS, cell.queries, cell.head_dim)
    if cell.work != "training":
        parts = projected.permute(2, 0, 3, 1, 4).unbind(0)
        return lambda path: context_by(path, *parts, view, scale=scale, needs_grad=False)

    def update(path: str) -> None:
        tracked = projected.detach().requires_grad_()
        parts = tracked.permute(2, 0, 3, 1, 4).unbind(0)
        context_by(path, *parts, view, scale=scale, needs_grad=True).backward(upstream)

    return update


def measured(cell: Cell, rounds: int) -> Times:
    """Microseconds of each path, round by round; a path that cannot do the work is left out."""
    paths = [path for path in PATHS if path != "flex" or cell.work != "training" or cell.device != "cpu"]
    work, times = work_of(cell), {path: [] for path in paths}
    with torch.set_grad_enabled(cell.work == "training"):
        repeats = {path: _repeats(work, path) for path in paths}
        for number in range(rounds):
            for path in paths:
                if number < 3 or repeats[path] > 0:
                    times[path].append(_seconds(work, path, max(1, repeats[path])) * 1e6)
    return {path: [round(each, 1) for each in found] for path, found in times.items()}


def _repeats(work: Callable[[str], Any], path: str) -> int:
    """So many that a round is long enough to be timed; 0 where one is long enough for three rounds to do."""
    work(path)
    once = _seconds(work, path, 1)
    return 0 if once > LONG_SECONDS and path == "flex" else max(1, round(ROUND_SECONDS / once))


def _seconds(work: Callable[[str], Any], path: str, repeats: int) -> float:
    begin = time.perf_counter()
    for _ in range(repeats):
        work(path)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - begin) / repeats


# From figures to a choice


def records() -> list[Path]:
    """All records with every cell, that with the most threads first; one that is still filling says nothing yet."""
    found = sorted(RECORDS.glob("attention_paths-*.jsonl"), reverse=True)
    return [record for record in found if len(recorded(record)[1]) == len(set(all_cells("cpu")))]


def recorded(record: Path) -> tuple[dict[str, Any], Cells]:
    """How it was measured, and all cells in the order of the table."""
    first, *lines = record.read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    cells = {Cell(**row["cell"]): row["microseconds"] for row in rows}
    return json.loads(first), {cell: cells[cell] for cell in sorted(cells, key=_place)}


def _place(cell: Cell) -> tuple[str, str, str, int, int, int]:
    return cell.dtype, cell.work, cell.mask, -cell.head_dim, cell.keys, cell.rows


def crossover_points(cells: Cells) -> list[dict[str, Any]]:
    """From how many keys on which path: a path is taken from the first length on at which it was the fastest."""
    groups: dict[tuple[str, str, str, str], list[Cell]] = {}
    for cell in sorted((cell for cell in cells if not cell.is_held_out), key=lambda cell: cell.keys):
        groups.setdefault((cell.device, cell.dtype, cell.work, cell.mask), []).append(cell)
    return [
        {"device": device, "dtype": dtype, "shape": work, "mask": mask, "from_keys": _points(group, cells)}
        for (device, dtype, work, mask), group in sorted(groups.items())
    ]


def _points(group: list[Cell], cells: Cells) -> list[tuple[int, str]]:
    points: list[tuple[int, str]] = []
    for cell in group:
        medians = {path: median(times) for path, times in cells[cell].items()}
        best = min(medians, key=medians.__getitem__)
        if not points or medians[points[-1][1]] > STAY * medians[best]:
            points.append((cell.keys if points else 0, best))
    return points


def chosen(cell: Cell) -> str:
    """What the dispatcher takes."""
    return choose_path(
        device=torch.device(cell.device),
        dtype=getattr(torch, cell.dtype),
        num_heads_of_all_rows=cell.rows * HEADS,
        num_queries=cell.queries,
        num_keys=cell.keys,
        needs_grad=cell.work == "training",
        has_dropout=False,
        view=view_of(cell),
    )


def verdict(times: Times, choice: str) -> tuple[float, bool]:
    """How many times the fastest path's median the choice takes, and whether that is near enough."""
    best = min(times, key=lambda path: median(times[path]))
    ratio = median(times[choice]) / median(times[best])
    overlaps = quantiles(times[choice], n=4)[0] <= quantiles(times[best], n=4)[2]
    return ratio, ratio <= TOLERATED or overlaps


# The page


HEAD = f"""# Which path computes attention

Written by `python benchmarks/attention_paths.py --write` from `benchmarks/recorded/attention_paths-*.jsonl`; do not
edit. `attend` asks `attention/dispatch.py`, which reads the crossover points that follow from the first table here.

{HEADS} heads of so many features. Microseconds: median, and in brackets the middle half of all rounds. n/a: the path
cannot do it (FlexAttention has no gradient on a CPU, where it runs uncompiled). *ratio*: the choice's median against
that of the fastest path. Near enough is up to {TOLERATED}, or within the spread; `!` marks what is not. Rows in
*italics* are held out: the crossover points were not made from them.
"""


def page() -> str:
    """Every record as a table, with what the dispatcher chooses."""
    about, cells = recorded(records()[0])
    table = Crossovers.of({"measured": about, "points": crossover_points(cells)})
    return "\n".join([HEAD, *(section(*recorded(record), table) for record in records())])


def section(about: dict[str, Any], cells: Cells, table: Crossovers) -> str:
    """One record: the verdict, the worst cell, all cells."""
    choices = {cell: _from(table, cell) for cell in cells}
    verdicts = {cell: verdict(times, choices[cell]) for cell, times in cells.items()}
    rows = [_row(cell, cells[cell], choices[cell], *verdicts[cell]) for cell in cells]
    return f"""## {", ".join(map(str, about.values()))}

* Cells the points are made from: {_summary([cell for cell in cells if not cell.is_held_out], verdicts)}
* Cells held out: {_summary([cell for cell in cells if cell.is_held_out], verdicts)}

| type | work | mask | rows × queries × keys, head_dim | {" | ".join(PATHS)} | choice | ratio |
|---|---|---|---|---|---|---|---|---|
""" + "\n".join([*rows, ""])


def _summary(cells: list[Cell], verdicts: dict[Cell, tuple[float, bool]]) -> str:
    if not cells:
        return "none."
    worst = max(cells, key=lambda cell: verdicts[cell][0])
    near = sum(verdicts[cell][1] for cell in cells)
    ratio, is_near = verdicts[worst]
    within = ", within the spread" if is_near and ratio > TOLERATED else ""
    return (
        f"**{near} of {len(cells)} choices are near enough.** The worst takes {ratio:.2f} times the fastest path's\n"
        f"  time{within}: {_named(worst)}."
    )


def _from(table: Crossovers, cell: Cell) -> str:
    points = table.points[cell.device, getattr(torch, cell.dtype), cell.work, cell.mask]
    return next(path for keys, path in points if cell.keys >= keys)


def _named(cell: Cell) -> str:
    return f"{cell.dtype}, {cell.work}, {cell.mask}, {cell.rows} × {cell.queries} × {cell.keys}, {cell.head_dim}"


def _row(cell: Cell, times: Times, choice: str, ratio: float, is_near: bool) -> str:
    figures = [_figure(times.get(path)) for path in PATHS]
    size = f"{cell.rows} × {cell.queries} × {cell.keys}, {cell.head_dim}"
    size, mark = f"*{size}*" if cell.is_held_out else size, "" if is_near else " !"
    return f"| {' | '.join([cell.dtype, cell.work, cell.mask, size, *figures, choice, f'{ratio:.2f}{mark}'])} |"


def _figure(times: list[float] | None) -> str:
    if times is None:
        return "n/a"
    low, _, high = quantiles(times, n=4)
    return f"{median(times):,.0f} ({low:,.0f}–{high:,.0f})"


def table_text() -> str:
    """``crossovers.json``."""
    about, cells = recorded(records()[0])
    rows = ",\n".join("  " + json.dumps(row) for row in crossover_points(cells))
    return f'{{"measured": {json.dumps(about)},\n "points": [\n{rows}\n]}}\n'


def write() -> None:
    TABLE.write_text(table_text(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


# Measuring


def surroundings(device: str, threads: int) -> dict[str, Any]:
    name = torch.cuda.get_device_name() if device == "cuda" else _processor()
    return {
        "hardware": name,
        "torch": f"torch {torch.__version__}",
        "threads": f"{threads} threads" if threads > 1 else "1 thread",
        "date": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    return f"{model}, {torch.backends.cpu.get_cpu_capability()}" + (
        " with AMX" if torch.cpu._is_amx_tile_supported() else ""
    )


def measure_missing(device: str, rounds: int, *, only: str, again: bool, patience: float) -> None:
    about = surroundings(device, torch.get_num_threads())
    record = RECORDS / f"attention_paths-{device}-{torch.get_num_threads()}.jsonl"
    if again or not record.exists():
        record.write_text(json.dumps(about) + "\n", encoding="utf-8")
    known, cells = recorded(record)
    if {**known, "date": None} != {**about, "date": None}:
        raise SystemExit(f"{record.name} was measured on {known}, this is {about}; use --again to begin anew")
    for cell in all_cells(device):
        if cell in cells or only not in _named(cell):
            continue
        times = in_quiet(partial(measured, cell, rounds), most=MOST_FOREIGN_LOAD, patience_seconds=patience)
        if times is None:
            raise SystemExit("other programs are running; what is measured so far is kept, go on when it is quiet")
        with record.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"cell": asdict(cell), "microseconds": times}) + "\n")
        ratio, is_near = verdict(times, chosen(cell))
        print(_row(cell, times, chosen(cell), ratio, is_near), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", default="", help="only cells whose name contains this, such as 'float32, training'")
    parser.add_argument("--patience", type=float, default=300, help="seconds to wait for other programs, per cell")
    parser.add_argument("--again", action="store_true", help="forget what is recorded")
    parser.add_argument("--write", action="store_true", help="also write crossover points and page")
    parser.add_argument("--only-write", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if not arguments.only_write:
        use_threads(arguments.threads)
        keep_freed_memory()
        measure_missing(
            arguments.device, arguments.rounds, only=arguments.only, again=arguments.again, patience=arguments.patience
        )
    if arguments.write or arguments.only_write:
        write()
    print(page())


if __name__ == "__main__":
    main()
