"""What a comparison knows so far: one line of JSON per finished cell, appended whole; of two, the later counts."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, final

from regard.disk import machine_errors
from regard.lab.running import hardware
from regard.version import __version__

CELLS: Final = "cells.jsonl"


@final
@dataclass(frozen=True, slots=True)
class Key:
    """Which cell: what is measured, of whom, with which seed (0 where it does not matter)."""

    part: str
    side: str
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.part}-{self.side}" + (f"-{self.seed}" if self.seed else "")


Cells = dict[Key, dict[str, Any]]


def read_cells(out: Path) -> Cells:
    """All finished cells. A last line that a kill cut short is left out."""
    path, cells = out / CELLS, Cells()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                cells[Key(*record["cell"])] = record
            except (ValueError, KeyError, TypeError):
                continue
    return cells


def keep_cell(out: Path, key: Key, result: Mapping[str, Any]) -> None:
    """Appends a finished cell with when and on what it was measured.

    Raises:
        DiskFullError: no space is left; the cells before are intact.
    """
    record = {
        "cell": [key.part, key.side, key.seed],
        "result": dict(result),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "regard": __version__,
        "hardware": hardware() | {"load": round(os.getloadavg()[0], 2)},
    }
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    path = out / CELLS
    with machine_errors(path), path.open("ab", buffering=0) as file:
        if _is_cut_short(path):
            line = "\n" + line
        file.write(line.encode())


def _is_cut_short(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
