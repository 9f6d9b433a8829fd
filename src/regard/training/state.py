"""Everything a run needs to go on exactly as if it had never stopped, as plain numbers and tensors by name."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from regard.batches import Place
from regard.bundle import written_aside
from regard.errors import BundleError

_PROGRESS: Final = "progress.json"
_TENSORS: Final = "state.safetensors"
_SCHEMA: Final = "regard-state/1"


@final
@dataclass
class Progress:
    """Where a run stands. Changed by the trainer only."""

    step: int = 0
    total_steps: int | None = None
    place: Place = field(default_factory=Place)
    elapsed_seconds: float = 0.0
    noise: dict[str, Any] = field(default_factory=dict)
    best_score: float | None = None
    best_step: int | None = None
    validations_without_best: int = 0
    finished: bool = False


def save_state(folder: Path, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
    """Writes a checkpoint aside and puts it in place whole.

    Raises:
        DiskFullError: no space is left; nothing was changed.
        MachineError: the folder cannot be written.
    """
    with written_aside(folder, replace=True) as aside:
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, aside / _TENSORS)
        record = {"schema": _SCHEMA, "progress": asdict(progress), "torch": str(torch.__version__)}
        (aside / _PROGRESS).write_text(json.dumps(record, indent=1), encoding="utf-8")


def load_state(folder: Path) -> tuple[Progress, dict[str, Tensor]]:
    """Reads a checkpoint.

    Raises:
        BundleError: it is damaged, or not a checkpoint.
    """
    try:
        record = json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
        if record["schema"] != _SCHEMA:
            raise BundleError(f"{folder} is a checkpoint of schema {record['schema']}, but {_SCHEMA} is expected")
        fields = dict(record["progress"])
        return Progress(**{**fields, "place": Place(**fields["place"])}), load_file(folder / _TENSORS)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BundleError(
            f"{folder} cannot be read as a checkpoint ({error}); remove it and resume from an earlier one"
        ) from error
