"""A run goes on where its latest checkpoint left it: every process from the same one, on whatever machine it is now."""

from typing import Any

from regard.runs.agreement import require_agreement
from regard.runs.keeping import Keeping
from regard.runs.machine import machine_facts
from regard.training import load_state


def restore(keeping: Keeping) -> None:
    """Puts the trainer where the latest checkpoint that can be read left it. Says what computes otherwise than before.

    Raises:
        BundleError: no checkpoint can be read.
        MachineError: the processes that train together do not find the same.
    """
    _restore_all(keeping)
    progress = keeping.trainer.progress
    before, now = _with_kernels(progress.machine), machine_facts(keeping.model)
    if changed := [f"{key} {before[key]}, now {now[key]}" for key in before if before[key] != now.get(key)]:
        keeping.reporter.note(
            f"not everything is as it was before ({'; '.join(changed)}): "
            "the run goes on, but not bit for bit as without a stop"
        )
    progress.machine = now


def _restore_all(keeping: Keeping) -> None:
    """The first process chooses, and it alone sets aside what is damaged: what another cannot read may be whole."""
    trainer, processes = keeping.trainer, keeping.trainer.processes
    chosen = keeping.restore_latest() if processes.is_first else 0
    step = int(processes.from_first(float(chosen)))
    if not processes.is_first:
        trainer.restore(*load_state(keeping.folder.by_step().get(step, keeping.folder.checkpoint(step))))
    found = trainer.progress  # no two saves are made after so many seconds
    require_agreement(processes, lambda: {"other checkpoints": [found.step, found.elapsed_seconds]})


def _with_kernels(facts: dict[str, Any]) -> dict[str, Any]:
    """Before there were kernels, nobody noted that there were none."""
    return {"kernels": "plain", **facts} if facts else facts
