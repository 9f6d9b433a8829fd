"""How many seconds an update takes on a quiet machine, for each setting: measured once, and kept."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cell import Cell, command

sys.path.insert(0, str(Path(__file__).parents[1] / "training_speed"))
from worker import busy_seconds

SHARE_FOR_UPDATES = 0.95  # of a run's minutes, as regard train counts: validations and saving take the rest
_WINDOW = 15
_EPOCH = 360  # updates; sentences that are cut anew for each epoch are so during the first update of it
_LONGEST_SECONDS = 90.0  # that measuring one pace takes
_MOST_OF_OTHERS = 0.2


def known_paces(path: Path) -> dict[str, float]:
    """Seconds per update by preset and settings."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {line["key"]: line["seconds_per_update"] for line in map(json.loads, lines)}


def pace_key(cell: Cell, threads: int) -> str:
    """What a pace depends on; the seed is not of it."""
    return " ".join((cell.preset, f"{threads} threads", *cell.overrides))


def measure_paces(cells: Sequence[Cell], path: Path, *, threads: int, until: float) -> bool:
    """Measures what is missing; False if time ran out. What other programs disturbed is thrown away."""
    complete = True
    for cell in {pace_key(cell, threads): cell for cell in cells}.values():
        key = pace_key(cell, threads)
        if key in known_paces(path):
            continue
        if time.monotonic() + _LONGEST_SECONDS > until:
            return False
        seconds, others = _measured(cell, threads)
        if others > _MOST_OF_OTHERS:
            print(f"{key}: thrown away, other programs took {others:.2f} of a core", flush=True)
            complete = False
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "seconds_per_update": seconds, "others": round(others, 3)}) + "\n")
        print(f"{key}: {seconds:.4f} s per update", flush=True)
    return complete


def updates_in(minutes: float, seconds_per_update: float) -> int:
    """How many updates a quiet machine makes in so many minutes, validations left aside."""
    return max(1, int(minutes * 60 * SHARE_FOR_UPDATES / seconds_per_update))


def _measured(cell: Cell, threads: int) -> tuple[float, float]:
    """Seconds per update, and how much of a core others took.

    A run of three windows: the first warms up, the second stands for two thirds of a run and the last one for its last
    third, where R-Drop may have begun. With BPE-dropout it goes on for an epoch behind the first window.
    """
    is_cut_anew = any(one.startswith("text.sampling=") for one in cell.overrides)
    updates = _WINDOW + (_EPOCH if is_cut_anew else 2 * _WINDOW)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        quick = ("training.log_every=15", "training.validate_every=1000000", "training.valid_sentences=2")
        words = command(cell, out, updates=updates, threads=threads, extra=quick)
        began, before = time.monotonic(), busy_seconds() - _own_seconds()
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        others = (busy_seconds() - _own_seconds() - before) / (time.monotonic() - began)
        if ended.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{ended.stderr[-2000:]}")
        records = map(json.loads, (out / "log.jsonl").read_text(encoding="utf-8").splitlines())
        marks = [record["elapsed_seconds"] for record in records if record["kind"] == "step"]
    if is_cut_anew:
        return (marks[-1] - marks[0]) / _EPOCH, others
    middle, last = ((later - earlier) / _WINDOW for earlier, later in ((marks[0], marks[1]), (marks[1], marks[2])))
    return 2 / 3 * middle + last / 3, others


def _own_seconds() -> float:
    """Processor time of this program and of those it has started and seen end."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
