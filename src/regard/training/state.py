"""Everything a run needs to go on exactly as if it had never stopped, as plain numbers and tensors by name.

A checkpoint is a folder of ``progress.json``, ``state.safetensors`` and a manifest with the hash of both.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, final

from torch import Tensor

from regard.batches import Place
from regard.bundle import HeaderError, read_tensors, write_tensors
from regard.disk import SealError, check_file, read_seal, seal, written_aside
from regard.errors import BundleError

PROGRESS: Final = "progress.json"
TENSORS: Final = "state.safetensors"
KIND: Final = "regard-state/2"


@final
@dataclass
class Progress:
    """Where a run stands, after ``step`` updates. Changed by the trainer only.

    A checkpoint always lies between two updates: how far an accumulation had come need not be known, since an update
    that was interrupted is made again, from the same place in the data and the same random state.

    Attributes:
        step: updates made.
        total_steps: how many there will be; None while that is being measured.
        place: the next batch.
        elapsed_seconds: of all sittings together.
        noise: the state of dropout.
        best_score: of all validations, in ``training.valid_metric``.
        best_step: when it was reached.
        validations_without_best: since then; for ``training.patience``.
        finished: whether the run came to its end.
        validated_steps: the latest validations, as many as may be averaged at the end.
        stopwatch: what was measured of a time limit that is not a number of updates yet.
        window: the updates since the last line of the log.
        began_from: sha256 of the weights of the model that training went on from; None for a new network.
        machine: what the numbers were computed with; with something else they may differ in their last bits.
        too_many_cells: of a batch, for the memory; None as long as every batch fits.
    """

    step: int = 0
    total_steps: int | None = None
    place: Place = field(default_factory=Place)
    elapsed_seconds: float = 0.0
    noise: dict[str, Any] = field(default_factory=dict)
    best_score: float | None = None
    best_step: int | None = None
    validations_without_best: int = 0
    finished: bool = False
    validated_steps: list[int] = field(default_factory=list)
    stopwatch: dict[str, Any] | None = None
    window: dict[str, Any] | None = None
    began_from: str | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    too_many_cells: int | None = None


def part_of(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """A run's tensors that are its ``weights``, ``optimizer``, ``average`` or ``random``, by their own names."""
    prefix = f"{part}:"
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def save_state(folder: Path, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
    """Writes a checkpoint aside, syncs it and puts it in place whole.

    Raises:
        DiskFullError: no space is left; nothing was changed.
        MachineError: the folder cannot be written.
    """
    with written_aside(folder, replace=True) as aside:
        aliases = write_tensors(aside / TENSORS, tensors)
        record = {"progress": asdict(progress), "aliases": aliases}
        (aside / PROGRESS).write_text(json.dumps(record, indent=1), encoding="utf-8")
        seal(aside, kind=KIND)


def load_state(folder: Path) -> tuple[Progress, dict[str, Tensor]]:
    """Reads a checkpoint, and every byte of it is checked.

    Raises:
        BundleError: it is damaged, or not a checkpoint.
    """
    try:
        seals = read_seal(folder, kind=KIND)
        check_file(folder / PROGRESS, seals[PROGRESS])
        record = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        tensors = read_tensors(folder / TENSORS, sha256=seals[TENSORS].sha256)
        tensors |= {alias: tensors[name].clone() for alias, name in record["aliases"].items()}
        fields = dict(record["progress"])
        return Progress(**{**fields, "place": Place(**fields["place"])}), tensors
    except (OSError, SealError, HeaderError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{folder} cannot be read as a checkpoint: {error}") from error
