#!/usr/bin/env python3
"""Stops runs at random moments, resumes them, and compares what they end with: ``resume_stops.py [--trials 50]``.

One of the tiny runs of ``small_runs.py`` is left alone. Each of the others is stopped (kill -9, SIGTERM, Ctrl-C; of
several processes also kill -9 of one) at a moment of the clock, wherever it is then, or between the gradients of two
batches of one update. It is resumed, and must end with the same sha256 over weights, optimizer, average, random states,
log and model. Half of the runs use AdamW, half Muon; half save after every update, half at validations only.

The control takes one thing out of a stopped run's checkpoint before it goes on, and the sums must differ.

Exit code 3 if anything is not as promised. ``--json FILE`` keeps one line per trial, and a second call goes on where
the first was stopped.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from small_runs import (
    BATCHES,
    UPDATES,
    Children,
    Ended,
    before_loss,
    completed,
    digest,
    has_state,
    last_update,
    settings_in,
)

from regard.batches import Place
from regard.runs.folder import RunFolder
from regard.settings import Settings
from regard.training import Progress, load_state, save_state
from regard.version import __version__

STOPS: Final = {"kill -9": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "Ctrl-C": signal.SIGINT}
ONE: Final = "kill -9 of one"
OPTIMIZERS: Final = ("adamw", "muon")
FORGETTABLE: Final = ("dropout", "place", "moments", "average", "update")
Trial = dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """How a run is stopped, and when: so many seconds after it began, or before the loss of a batch, from 1."""

    kind: str
    seconds: float | None = None
    batch: int | None = None

    @property
    def moment(self) -> str:
        """In words."""
        if self.batch is None:
            return "clock"
        return "between updates" if self.batch % BATCHES == 1 else "mid-accumulation"


class Bench:
    """A folder with runs of so many processes: one that is left alone for each optimizer, and others that are not."""

    def __init__(self, root: Path, processes: int, distribution: str) -> None:
        self.root, self.processes, self.distribution = root, processes, distribution
        self._expected: dict[str, tuple[str, float]] = {}

    def trial(self, seed: int) -> Trial:
        """One run: stopped once, resumed, compared."""
        rng = random.Random(f"{self.processes} {seed}")
        optimizer, save_minutes = self._optimizer(seed), rng.choice((0, 10))
        _, seconds = self.expected(optimizer)
        settings = self._settings(optimizer, f"training.save_minutes={save_minutes}")
        stop, run = self._drawn(rng, seconds), self.root / f"stopped-{seed}"
        found = self._stopped_and_resumed(settings, run, stop)
        return self._made(optimizer, seed) | {"stop": stop.kind, "moment": stop.moment} | found

    def control(self, seed: int, part: str) -> Trial:
        """A run whose checkpoint loses something before it goes on."""
        optimizer = self._optimizer(seed)
        settings = self._settings(optimizer)
        stop = Stop("SIGTERM", batch=BATCHES * UPDATES // 2)
        found = self._stopped_and_resumed(settings, self.root / f"{part}-{seed}", stop, forget=part)
        return self._made(optimizer, seed) | {"forgotten": part} | found

    def expected(self, optimizer: str) -> tuple[str, float]:
        """The sha256 of the run that is left alone, and the seconds it takes."""
        if optimizer not in self._expected:
            run, began = self.root / f"alone-{optimizer}", time.monotonic()
            completed(self._settings(optimizer), run, processes=self.processes)
            self._expected[optimizer] = digest(run), time.monotonic() - began
        return self._expected[optimizer]

    def _optimizer(self, seed: int) -> str:
        return OPTIMIZERS[0] if self.distribution == "shards" else OPTIMIZERS[seed % 2]

    def _settings(self, optimizer: str, *more: str) -> Settings:
        chosen = [f"training.optimizer={optimizer}", f"training.distribution={self.distribution}"]
        return settings_in(self.root, *chosen, *more)

    def _stopped_and_resumed(self, settings: Settings, run: Path, stop: Stop, *, forget: str | None = None) -> Trial:
        expected, _ = self.expected(
            settings.training.optimizer
        )  # first: a run that cannot end would be stopped for ever
        self._stop(settings, run, stop)
        reached, after = last_update(run), load_state(RunFolder(run).checkpoints()[-1])[0].step
        if forget is not None:
            _forget(forget, run)
        completed(settings, run, processes=self.processes)
        found = digest(run)
        shutil.rmtree(run)
        return {"reached": reached, "resumed_after": after, "is_equal": found == expected, "sha256": found}

    def _stop(self, settings: Settings, run: Path, stop: Stop) -> None:
        """Begins the run and stops it; once more if it was reading then, or had ended."""
        ended = self._struck(settings, run, stop)
        if has_state(run) and any(ended.codes):
            return
        shutil.rmtree(run, ignore_errors=True)
        self._stop(settings, run, replace(stop, seconds=(stop.seconds or 1.0) * (1.5 if any(ended.codes) else 0.5)))

    def _struck(self, settings: Settings, run: Path, stop: Stop) -> Ended:
        struck = range(self.processes - 1, self.processes) if stop.kind == ONE else range(self.processes)
        number = STOPS.get(stop.kind, signal.SIGKILL)

        def plant(child: int) -> None:
            if stop.batch is not None and child in struck:
                before_loss(stop.batch, lambda: os.kill(os.getpid(), number))

        children = Children(settings, run, processes=self.processes, hook=plant)
        if stop.seconds is not None:
            time.sleep(stop.seconds)
            children.send(number)
        return children.wait()

    def _drawn(self, rng: random.Random, seconds: float) -> Stop:
        kind = rng.choice([*STOPS, *([ONE] if self.processes > 1 else [])])
        if kind != ONE and rng.random() < 0.5:
            return Stop(kind, seconds=rng.uniform(0.1, 0.95) * seconds)
        update = rng.randrange(1, UPDATES)
        return Stop(kind, batch=BATCHES * update + rng.choice((1, 2, 2)))

    def _made(self, optimizer: str, seed: int) -> Trial:
        how = {"regard": __version__, "torch": str(torch.__version__), "python": platform.python_version()}
        which = {"processes": self.processes, "distribution": self.distribution}
        return {**which, "seed": seed, "optimizer": optimizer, **how}


def _forget(part: str, run: Path) -> None:
    """Takes one thing out of the latest checkpoint, as a program would that never saved it."""
    path = RunFolder(run).checkpoints()[-1]
    progress, tensors = load_state(path)
    prefix = {"moments": "optimizer:", "average": "average:"}.get(part, "nothing")
    emptied = {name: torch.zeros_like(one) if name.startswith(prefix) else one for name, one in tensors.items()}
    save_state(path, _without(part, progress), emptied)


def _without(part: str, progress: Progress) -> Progress:
    if part == "dropout":
        return replace(progress, noise=progress.noise | {"words": [word ^ 1 for word in progress.noise["words"]]})
    if part == "place":
        return replace(progress, place=Place(progress.place.epoch + 1, 0))
    return replace(progress, step=progress.step - 1) if part == "update" else progress


def main() -> int:
    """Makes the trials that are not recorded yet; says how many ended alike."""
    arguments = _arguments()
    record = arguments.json or Path(tempfile.mkstemp(suffix=".jsonl")[1])
    known: list[Trial] = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    distribution = arguments.distribution
    done = {
        (one["processes"], one["seed"], one.get("forgotten"))
        for one in known
        if one.get("distribution", "replicas") == distribution
    }
    with tempfile.TemporaryDirectory() as name, record.open("a", encoding="utf-8") as lines:
        for processes in arguments.processes:
            bench = Bench(Path(name), processes, distribution)
            for seed, part in _wanted(arguments, processes):
                if (processes, seed, part) not in done:
                    known.append(bench.trial(seed) if part is None else bench.control(seed, part))
                    lines.write(json.dumps(known[-1]) + "\n")
                    lines.flush()
            shutil.rmtree(name)
            Path(name).mkdir()
    return _told(known)


def _wanted(arguments: argparse.Namespace, processes: int) -> list[tuple[int, str | None]]:
    """Seeds of trials, then of controls; several processes draw their dropout anew and save nothing of it."""
    first = arguments.seed
    parts = [part for part in arguments.forget if processes == 1 or part != "dropout"]
    return [*((seed, None) for seed in range(first, first + arguments.trials)), *((first, part) for part in parts)]


def _told(known: list[Trial]) -> int:
    trials = [one for one in known if "forgotten" not in one]
    controls = [one for one in known if "forgotten" in one]
    equal, alike = (sum(one["is_equal"] for one in some) for some in (trials, controls))
    print(f"{equal} of {len(trials)} stopped and resumed runs ended with the sha256 of the one left alone")
    print(f"{alike} of {len(controls)} did whose checkpoint had lost something")
    return 0 if equal == len(trials) and not alike else 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50, help="for each number of processes")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=0, help="of the first trial; the others count on")
    parser.add_argument("--forget", nargs="*", choices=FORGETTABLE, default=FORGETTABLE, help="controls to make")
    parser.add_argument(
        "--distribution", choices=("replicas", "shards"), default="replicas", help="of several processes"
    )
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
