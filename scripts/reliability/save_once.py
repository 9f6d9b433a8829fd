"""Four ways of saving, so that somebody may break them.

Before and after a save it is asked for a file that is not there; the trace of system calls shows by that where the save
begins and ends.
"""

import os
from pathlib import Path
from typing import TextIO

BEGINS, ENDS = "/the-save-begins", "/the-save-ends"
PAYLOAD = 40_000
"""Bytes of the larger file, written in five parts."""


def contents(version: str) -> bytes:
    """What a version's larger file holds."""
    return (version.encode() * PAYLOAD)[:PAYLOAD]


def save_folder(folder: Path) -> None:
    """The room ``disk`` alone: a sealed folder in the place of another."""
    from regard.disk import seal, written_aside

    mark(BEGINS)
    with written_aside(folder / "state", replace=True) as aside:
        write_in_parts(aside / "large.bin")
        (aside / "small.txt").write_text("new")
        seal(aside, kind="sweep/1")
    mark(ENDS)


def save_naively(folder: Path) -> None:
    """As many programs do: the files, opened for writing where they stand."""
    mark(BEGINS)
    (folder / "state").mkdir(exist_ok=True)
    write_in_parts(folder / "state" / "large.bin")
    (folder / "state" / "small.txt").write_text("new")
    mark(ENDS)


def save_checkpoint(folder: Path) -> None:
    """What training does: a new checkpoint, then the oldest is removed."""
    import torch

    from regard.runs.folder import RunFolder
    from regard.training import Progress, save_state

    run = RunFolder(folder)
    tensors = {"weights:w": torch.full((PAYLOAD // 4,), 3.0)}
    mark(BEGINS)
    save_state(run.checkpoint(3), Progress(step=3), tensors)
    run.forget_old_checkpoints(2)
    mark(ENDS)


def save_model(folder: Path) -> None:
    """What training does with its best model: the one before is replaced."""
    from regard.bundle import load_bundle, save_bundle

    bundle = load_bundle(folder / "model")
    weights, facts = bundle.weights(), bundle.facts.model_copy(update={"num_steps": 3})
    mark(BEGINS)
    save_bundle(
        folder / "model",
        settings=bundle.settings,
        tokenizer=bundle.tokenizer,
        weights=weights,
        facts=facts,
        replace=True,
    )
    mark(ENDS)


def write_in_parts(path: Path) -> None:
    """The larger file, as a program writes that has more than its buffer holds."""
    whole = contents("new")
    with path.open("wb", buffering=0) as file:
        for start in range(0, PAYLOAD, PAYLOAD // 5):
            part = memoryview(whole[start : start + PAYLOAD // 5])
            while part:
                part = part[file.write(part) :]


def mark(name: str) -> None:
    """Leaves a trace."""
    os.path.lexists(name)


SAVERS = {"folder": save_folder, "naive": save_naively, "checkpoint": save_checkpoint, "model": save_model}


def save(kind: str, folder: Path, errors: TextIO) -> int:
    """Saves in one of the ways; returns the exit code, 4 for an error that was foreseen."""
    from regard.errors import MachineError

    try:
        SAVERS[kind](folder)
    except MachineError as error:
        errors.write(str(error))
        return 4
    except OSError as error:
        errors.write(str(error))
        return 4 if kind == "naive" else 1
    except BaseException as error:
        errors.write(f"{type(error).__name__}: {error}")
        return 1
    return 0
