"""A save that is killed, or whose disk is full or fails, at every single system call."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "reliability" / "save_faults.py"


def sweep(kind: str, out: Path, *options: str) -> dict[str, Any]:
    """What was left after every fault of one way of saving."""
    command = [sys.executable, SCRIPT, kind, "--json", out, *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode == 4 and os.environ.get("CI") != "true":
        pytest.skip(result.stderr)
    assert result.returncode == 0, result.stdout + result.stderr
    found: dict[str, Any] = json.loads(out.read_text())["kinds"][kind]
    return found


@pytest.mark.guarantee(
    "A save that is killed, or whose disk is full or fails, at any system call loses nothing: the old state or the new",
    area="training",
    control="test_a_naive_save_loses_states",
)
def test_a_fault_at_any_system_call_loses_nothing(tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    needs_tool("strace")
    found = sweep("checkpoint", tmp_path / "found.json")
    assert found["lost"] == 0
    assert found["odd"] == [], "a disk that fails is our own error, or harmless"
    assert found["faults"]["kill"] == found["points"] > 50
    assert min(found["faults"]["ENOSPC"], found["faults"]["EIO"]) > 30
    assert min(found["old"], found["new"]) > 10, "the sweep must reach both sides of the moment that counts"
    assert {"openat", "write", "fsync", "rename", "mkdir", "unlinkat"} <= set(found["calls"])


def test_a_device_that_fails_anywhere_costs_no_model(tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    """Kills are in ``tests/bundle``; all faults of all ways of saving in ``make verify TARGET=saves``."""
    needs_tool("strace")
    found = sweep("model", tmp_path / "found.json", "--faults", "EIO")
    assert (found["lost"], found["odd"]) == (0, [])
    assert found["faults"]["EIO"] > 60


def test_a_naive_save_loses_states(tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    needs_tool("strace")
    assert sweep("naive", tmp_path / "found.json")["lost"] > 3
