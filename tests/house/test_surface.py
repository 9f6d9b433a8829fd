"""What users can rely on is written down; a new command, option or public name is a decision, not an accident."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "tests" / "house" / "surface.txt"


def surface() -> list[str]:
    """The lines that scripts/surface.py prints for the code as it is."""
    command = [sys.executable, ROOT / "scripts" / "surface.py"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()


def test_the_surface_is_the_recorded_one() -> None:
    recorded = RECORD.read_text(encoding="utf-8").splitlines()
    assert surface() == recorded, "if this is meant: .venv/bin/python scripts/surface.py --write"


def test_the_record_names_what_the_readme_promises() -> None:
    recorded = set(RECORD.read_text(encoding="utf-8").splitlines())
    assert {"command demo", "command train", "command translate", "command evaluate"} <= recorded
    assert {"name regard.load", "name regard.train", "name regard.attention.Causal"} <= recorded
    assert {"exit 2 InputError", "exit 3 CheckError", "exit 4 MachineError", "exit 5 DivergedError"} <= recorded
