"""Runs stopped at random moments, in processes of their own: a few here, fifty in `make verify TARGET=resume`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "reliability" / "resume_stops.py"


def stopped(out: Path, *options: str) -> tuple[list[dict[str, Any]], int]:
    """What became of some runs, and whether the script was content."""
    command = [sys.executable, SCRIPT, "--json", out, *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode in (0, 3), result.stderr
    return [json.loads(line) for line in out.read_text().splitlines()], result.returncode


@pytest.mark.guarantee(
    "A run stopped at any moment and resumed ends with the same bits: weights, optimizer, average, random states, log",
    area="training",
    control="test_a_checkpoint_that_forgets_something_is_caught",
    reported="OpenNMT-py #2006, #2517, transformers #11323",
)
@pytest.mark.parametrize(("processes", "seed", "trials"), [(1, 27, 2), (2, 18, 1)])
def test_runs_stopped_at_random_moments_end_alike(processes: int, seed: int, trials: int, tmp_path: Path) -> None:
    options = ["--processes", str(processes), "--trials", str(trials), "--seed", str(seed), "--forget"]
    found, code = stopped(tmp_path / "trials.jsonl", *options)
    assert code == 0
    assert [trial["is_equal"] for trial in found] == [True] * trials
    assert any("kill -9" in trial["stop"] and trial["moment"] == "mid-accumulation" for trial in found)


def test_a_checkpoint_that_forgets_something_is_caught(tmp_path: Path) -> None:
    options = ["--processes", "1", "--trials", "0", "--forget", "dropout"]
    found, code = stopped(tmp_path / "trials.jsonl", *options)
    assert code == 0
    assert [trial["is_equal"] for trial in found] == [False]


def test_a_run_that_did_not_end_alike_is_a_failure(tmp_path: Path) -> None:
    record = tmp_path / "trials.jsonl"
    trial = {"processes": 1, "seed": 0, "is_equal": False}
    record.write_text(json.dumps(trial) + "\n")
    assert stopped(record, "--processes", "1", "--trials", "1", "--forget")[1] == 3
