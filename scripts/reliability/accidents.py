#!/usr/bin/env python3
"""Accidents in an update, and what became of the run: ``accidents.py [--times 20] [--json FILE]``.

memory      the address space is limited for real while the gradients of a large batch are computed: it is split, and
            loss and gradient must be those of the whole batch, but for rounding
non-finite  the loss, or the gradient of one weight, becomes infinite or NaN at a random batch: the run must end with
            exit code 5, keep the sentence pairs, leave only finite weights, and end with the same sha256 as a run that
            was left alone when it is resumed without the fault
worker      under torchrun one of two processes is killed at a random update: the launcher starts both again, and the
            run must end by itself with the sha256 of a run that was left alone

Each has a control in which what protects the run is taken away. Exit code 3 if something does not hold.
"""

import argparse
import json
import math
import os
import platform
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from small_runs import BATCHES, UPDATES, Children, before_loss, completed, digest, last_update, settings_in
from torch import Tensor

import regard.training.update as update_module
from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.models import AnyModel, build_model
from regard.runs.folder import RunFolder
from regard.settings import ModelSettings, dump_settings
from regard.training import load_state
from regard.training.memory import Memory
from regard.training.objective import Objective
from regard.training.update import compute_gradients
from regard.version import __version__

_VOCABULARY: Final = 8000
_CLOSE: Final = 1e-4
_DIVERGED: Final = 5
_KINDS: Final = ("loss", "gradient")


@dataclass(frozen=True)
class Accident:
    """What happened how often, what had to be, how often it was so, and what the control showed."""

    what: str
    times: int
    expected: str
    held: int
    control: str
    has_control_failed: bool


# Memory


def memory(_: Path, times: int) -> Accident:
    """Batches that do not fit are computed in parts."""
    torch.set_num_threads(1)
    found = [_told_by_child(partial(_split, seed)) for seed in range(times)]
    halved = _told_by_child(partial(_split, 0, forgets_to_begin_anew=True))
    return Accident(
        what="memory runs out (`RLIMIT_AS`) in a batch of 200 to 400 rows",
        times=times,
        expected=f"split, loss and gradient within {_CLOSE:g} of the whole batch's",
        held=sum(one["failures"] > 0 and one["worst"] < _CLOSE for one in found),
        control=f"not beginning anew after half a backward pass: off by {halved['worst']:.2g}",
        has_control_failed=halved["worst"] > _CLOSE,
    )


def _split(seed: int, *, forgets_to_begin_anew: bool = False) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    model, batches = _network(), [_random_batch(rng, 2), _random_batch(rng, int(rng.integers(200, 400)))]
    compute_gradients(model, batches[:1], smoothing=0.1)
    model.zero_grad()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    used, known = pages + int(rng.integers(300, 400)) * 1_000_000, Memory()
    zero_grad = model.zero_grad
    if forgets_to_begin_anew:
        model.zero_grad = _do_nothing  # type: ignore[method-assign,assignment]
    resource.setrlimit(resource.RLIMIT_AS, (used, resource.RLIM_INFINITY))
    loss = compute_gradients(model, batches, smoothing=0.1, memory=known)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    split = [weight.grad.clone() for weight in model.parameters() if weight.grad is not None]
    zero_grad()
    whole = compute_gradients(model, batches, smoothing=0.1)
    grads = [weight.grad for weight in model.parameters() if weight.grad is not None]
    worst = max(_off(one, other) for one, other in zip(split, grads, strict=True))
    return {"failures": known.num_failures, "worst": max(worst, abs(loss - whole) / whole)}


def _do_nothing(*, set_to_none: bool) -> None:
    """In place of emptying gradients."""


def _off(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / other.abs().max())


def _network() -> AnyModel:
    shape = ModelSettings(
        model_dim=64, num_heads=2, feedforward_dim=64, encoder_layers=1, decoder_layers=1, dropout=0.0
    )
    return build_model(shape, _VOCABULARY, seed=0)


def _random_batch(rng: np.random.Generator, rows: int) -> Batch:
    sides = [Ragged.of(rng.integers(4, _VOCABULARY, size=(rows, 30)).tolist()) for _ in range(2)]
    return make_batch(EncodedPairs(*sides), np.arange(rows))


def _told_by_child(do: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What a function gives in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(do()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        found: dict[str, float] = json.load(told)
    os.waitpid(child, 0)
    return found


# Non-finite numbers


def nonfinite(root: Path, times: int) -> Accident:
    """A loss or a gradient that is no number never reaches the weights."""
    settings = settings_in(root, "training.save_minutes=0")  # the state from before the update is what stands
    completed(settings, root / "alone", processes=1)
    expected = digest(root / "alone")
    held = 0
    for seed in range(times):
        run = root / f"run-{seed}"
        ended = Children(settings, run, processes=1, hook=lambda _, seed=seed: _plant(random.Random(seed))).wait()  # type: ignore[misc]
        kept = list((run / "nonfinite").glob("*.json"))
        was_stopped = ended.codes == (_DIVERGED,) and len(kept) == 1 and _is_finite(run)
        completed(settings, run, processes=1)
        held += was_stopped and digest(run) == expected
    Children(settings, root / "control", processes=1, hook=lambda _: _plant(random.Random(0), unseen=True)).wait()
    is_finite = _is_finite(root / "control")
    return Accident(
        what="the loss or one weight's gradient becomes infinite or NaN",
        times=times,
        expected="exit code 5, the pairs kept, all weights finite; resumed, the sha256 of a run left alone",
        held=held,
        control=f"without the check: weights finite? {_yes_or_no(is_finite)}",
        has_control_failed=not is_finite,
    )


def _plant(rng: random.Random, *, unseen: bool = False) -> None:
    """At a random batch the loss, or the gradient of a random weight, is multiplied by what is no number."""
    kind, factor = rng.choice(_KINDS), rng.choice((math.inf, math.nan))
    number, loss = rng.randint(1, BATCHES * UPDATES), Objective.loss

    def poisoned(self: Objective, model: AnyModel, batch: Batch, *, weight: float) -> Tensor:
        Objective.loss = loss  # type: ignore[method-assign]
        if kind == "loss":
            return loss(self, model, batch, weight=weight) * factor
        chosen = rng.choice([one for one in model.parameters() if one.requires_grad])
        chosen.register_hook(lambda gradient: gradient * factor)  # type: ignore[no-untyped-call]
        return loss(self, model, batch, weight=weight)

    def poison() -> None:
        Objective.loss = poisoned  # type: ignore[method-assign]

    before_loss(max(1, number - 1), poison)  # it takes hold with the batch after that one
    if unseen:
        update_module.math = _Trusting()  # type: ignore[assignment,attr-defined]


class _Trusting:
    """Finds every number finite."""

    def isfinite(self, number: float) -> bool:
        """It is."""
        return True


def _is_finite(run: Path) -> bool:
    _, tensors = load_state(RunFolder(run).checkpoints()[-1])
    return all(bool(one.isfinite().all()) for one in tensors.values() if one.is_floating_point())


# Workers


def worker(root: Path, times: int) -> Accident:
    """A process of several that is killed costs nothing."""
    settings = settings_in(root, "training.save_minutes=0")
    (root / "settings.toml").write_text(dump_settings(settings), encoding="utf-8")
    completed(settings, root / "alone", processes=2)
    completed(settings, root / "one", processes=1)
    expected = digest(root / "alone")
    held = sum(_killed(root, seed) == expected for seed in range(times))
    is_alike = digest(root / "one") == expected
    return Accident(
        what="one of two processes under torchrun is killed",
        times=times,
        expected="both are started again, and the run ends by itself with the sha256 of a run left alone",
        held=held,
        control=f"a run of one process has the same sha256? {_yes_or_no(is_alike)}",
        has_control_failed=not is_alike,
    )


def _killed(root: Path, seed: int) -> str | None:
    """The sha256 of a run one of whose processes was killed; None if it did not end well."""
    rng, run = random.Random(seed), root / f"run-{seed}"
    options = ["--standalone", "--nproc-per-node=2", "--max-restarts=1", "--monitor-interval=0.1"]
    arguments = ["-m", "regard", "train", "--settings", str(root / "settings.toml"), "--out", str(run)]
    command = [sys.executable, "-m", "torch.distributed.run", *options, *arguments]
    with (root / f"{seed}.said").open("w") as said:
        launcher = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "OMP_NUM_THREADS": "1"})
        update = rng.randint(1, UPDATES - 4)
        while launcher.poll() is None and last_update(run) < update:
            time.sleep(0.02)
        if launcher.poll() is not None:
            raise RuntimeError(f"a run under torchrun ended early: {(root / f'{seed}.said').read_text()[-2000:]}")
        workers = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text(encoding="ascii").split()
        os.kill(int(rng.choice(workers)), signal.SIGKILL)
        code = launcher.wait()
    return digest(run) if code == 0 else None


def _yes_or_no(holds: bool) -> str:
    return "yes" if holds else "no"


def main() -> int:
    """Makes all accidents, prints and records them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="each; workers are killed a quarter as often")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = []
    for happen, times in ((memory, arguments.times), (nonfinite, arguments.times), (worker, arguments.times // 4)):
        with tempfile.TemporaryDirectory() as name:
            found.append(happen(Path(name), times))
        print(json.dumps(asdict(found[-1])), flush=True)
    made = {"regard": __version__, "torch": str(torch.__version__), "python": platform.python_version()}
    record: dict[str, Any] = {"made": made, "accidents": [asdict(one) for one in found]}
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one.held == one.times and one.has_control_failed for one in found) else 3


if __name__ == "__main__":
    sys.exit(main())
