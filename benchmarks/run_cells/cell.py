"""One training run of a table: as many updates as a quiet machine makes in its minutes, stopped and resumed at will.

A cell counts updates, not minutes, so other programs may run meanwhile: they change when it ends, not what it becomes.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
REGARD = [sys.executable, "-m", "regard"]
STOPPED = (130, 143)


@dataclass(frozen=True)
class Cell:
    """What to train: a preset, changes of its settings, a seed, and for how many minutes' worth of updates."""

    name: str
    preset: str
    overrides: tuple[str, ...]
    seed: int
    minutes: float

    @property
    def key(self) -> str:
        """Names the cell's folder."""
        words = "".join(letter if letter.isalnum() else "-" for letter in self.name)
        return f"{self.preset}-{words}-{self.minutes:g}min-seed{self.seed}"


def multi30k() -> Path:
    """The folder of the corpus."""
    folder = Path(os.environ.get("REGARD_DATA", REPOSITORY.parent / "shared" / "data")) / "multi30k"
    if not folder.is_dir():
        raise SystemExit(f"there is no {folder}; set REGARD_DATA to the folder that holds multi30k")
    return folder


def command(cell: Cell, out: Path, *, updates: int, threads: int, extra: tuple[str, ...] = ()) -> list[str]:
    """``regard train`` for a cell."""
    data = multi30k()
    return [
        *REGARD, "train", "--source", str(data / "train.en"), "--target", str(data / "train.fr"),
        "--valid-source", str(data / "val.en"), "--valid-target", str(data / "val.fr"),
        "--preset", cell.preset, "--seed", str(cell.seed), "--out", str(out),
        f"training.max_steps={updates}", f"training.threads={threads}", *cell.overrides, *extra,
    ]  # fmt: skip


def train(cell: Cell, runs: Path, *, updates: int, threads: int, is_over: Callable[[], bool]) -> Path | None:
    """Trains a cell to its end, from where it was stopped; None if ``is_over`` came first."""
    out = runs / cell.key
    if out.exists() and not any((out / "checkpoints").glob("step-*")):
        shutil.rmtree(out)  # it was stopped before there was anything to go on from
    going_on = out.exists()
    words = [*REGARD, "train", "--resume", str(out)] if going_on else command(
        cell, out, updates=updates, threads=threads
    )  # fmt: skip
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / f"{cell.key}.log").open("ab") as log:
        code = _run(words, log.fileno(), is_over)
    if code in STOPPED:
        return None
    if code:
        raise SystemExit(f"{' '.join(words)} ended with {code}; see {runs / cell.key}.log")
    return out


def _run(words: list[str], log: int, is_over: Callable[[], bool]) -> int:
    """Runs a command; when time is up, asks it to save and end."""
    running = subprocess.Popen(words, stdout=log, stderr=log)
    while not is_over():
        with suppress(subprocess.TimeoutExpired):
            return running.wait(timeout=1)
    running.send_signal(signal.SIGTERM)
    return running.wait()
