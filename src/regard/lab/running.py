"""Runs experiments and keeps their records; what is recorded under the same conditions is not run again."""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch

from regard.lab.bench import Bench
from regard.lab.claim import Claim
from regard.lab.effort import USUAL, Effort
from regard.lab.experiment import Experiment
from regard.lab.networks import overrides_of
from regard.lab.page import write_page
from regard.lab.record import claims_of, read_record, record_path, write_record
from regard.launch import num_cores
from regard.training import Reporter, Silent
from regard.version import __version__


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one experiment; ``seconds`` is None where its record was still good."""

    name: str
    claims: tuple[Claim, ...]
    seconds: float | None


def run_lab(
    experiments: Sequence[Experiment],
    out: Path,
    *,
    effort: Effort = USUAL,
    reporter: Reporter | None = None,
    finished: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Runs experiments one after another; each record is on disk, and in the page, before the next begins.

    Args:
        experiments: which, in this order.
        out: the folder of records (``claims/``), page (``claims.md``) and trained networks (``networks/``).
        effort: how much may be spent.
        reporter: listens to trainings.
        finished: is told each outcome at once.

    Raises:
        InputError: a record in ``out`` is damaged.
        DivergedError: a training became non-finite.
        KeyboardInterrupt: Ctrl-C; what is recorded stays, and a training goes on where it was the next time.
    """
    bench = Bench(out, effort=effort, reporter=reporter or Silent())
    outcomes = []
    for experiment in experiments:
        outcomes.append(_run(experiment, bench))
        write_page(out)
        finished(outcomes[-1])
    return outcomes


def conditions(experiment: Experiment, effort: Effort) -> dict[str, Any]:
    """What a record must agree with to be good still."""
    return {
        "experiment": experiment.name,
        "version": experiment.version,
        "regard": __version__,
        "effort": effort.record(),
        "networks": {name: overrides_of(name, effort) for name in experiment.networks},
    }


def _run(experiment: Experiment, bench: Bench) -> Outcome:
    path, made = record_path(bench.folder, experiment.name), conditions(experiment, bench.effort)
    if path.exists() and (record := read_record(path))["made"] == made:
        return Outcome(experiment.name, claims_of(record), None)
    bench.reporter.note(f"experiment '{experiment.name}': {experiment.subject}")
    began = time.monotonic()
    claims = experiment.run(bench)
    seconds = time.monotonic() - began
    write_record(path, claims, made, hardware() | {"seconds": round(seconds, 1)})
    return Outcome(experiment.name, claims, seconds)


def hardware() -> dict[str, Any]:
    """What figures may depend on besides settings."""
    return {
        "torch": torch.__version__,
        "processor": torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
        "cores": num_cores(),
        "threads": torch.get_num_threads(),
    }
