"""What importing costs: nothing heavy is loaded before it is needed, and each room stands alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
ROOMS = sorted(path.parent.name for path in SOURCE.glob("regard/*/__init__.py"))
FILES = ["errors", "axes", "text_file", "layout", "version"]
HEAVY = ["torch", "numpy", "pydantic", "sacrebleu", "sentencepiece", "safetensors", "rich"]


def loaded_after(statement: str, modules: list[str]) -> set[str]:
    """Those of ``modules`` that a fresh Python has loaded after ``statement``."""
    program = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('loaded', *sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(modules) & set(result.stdout.splitlines()[-1].split())


def test_the_measurement_sees_what_is_loaded() -> None:
    assert loaded_after("import numpy", HEAVY) == {"numpy"}


def test_import_regard_loads_nothing_heavy() -> None:
    assert loaded_after("import regard; dir(regard); regard.RegardError", HEAVY) == set()


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_loads_nothing_heavy(argument: str) -> None:
    assert loaded_after(f"from regard.cli import main; main(['{argument}'])", HEAVY) == set()


@pytest.mark.parametrize("command", ["demo", "train", "translate", "evaluate", "explain", "doctor"])
def test_help_of_a_command_loads_no_room(command: str) -> None:
    # typer reads defaults through pydantic, so that one is loaded.
    loaded = loaded_after(f"from regard.cli import main; main(['{command}', '--help'])", HEAVY)
    assert loaded <= {"pydantic"}


@pytest.mark.parametrize("room", ["corpus", "text", "settings"])
def test_rooms_of_plain_text_load_no_torch(room: str) -> None:
    assert loaded_after(f"import regard.{room}", ["torch"]) == set()


@pytest.mark.parametrize("room", ROOMS + FILES)
def test_each_room_imports_alone(room: str) -> None:
    assert loaded_after(f"import regard.{room}", [f"regard.{room}"]) == {f"regard.{room}"}
