"""``regard lab``: the list, a run, what is not run again, and what it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regard.lab import EXPERIMENTS, FULL, USUAL, Effort

Run = Callable[..., Any]


def test_the_list_names_every_experiment(regard: Run) -> None:
    done = regard("lab", "list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == [experiment.name for experiment in EXPERIMENTS]


def test_a_run_tells_verdicts_and_writes_a_page(regard: Run, tmp_path: Path) -> None:
    done = regard("lab", "run", "mask", "blind", "--out", tmp_path / "out")
    assert done.code == 0
    assert "✓ The future mask turns the scores of later words into minus infinity" in done.out
    assert "✗ (as it is told) −1e9 where the mask is 0 hides those keys" in done.out
    assert "2 of 2 claims hold" in done.out
    assert (tmp_path / "out" / "claims.md").exists()


def test_a_second_run_only_reads(regard: Run, tmp_path: Path) -> None:
    regard("lab", "run", "mask", "--out", tmp_path / "out")
    assert "mask (recorded before)" in regard("lab", "run", "mask", "--out", tmp_path / "out").out


def test_an_unknown_experiment_is_refused(regard: Run, tmp_path: Path) -> None:
    done = regard("lab", "run", "maks", "--out", tmp_path / "out")
    assert done.code == 2
    assert done.messages == ["regard: there is no experiment called 'maks'; did you mean mask?"]
    assert not (tmp_path / "out").exists()


def test_full_is_a_larger_effort(regard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[Effort] = []
    monkeypatch.setattr("regard.lab.run_lab", lambda *_, effort, **__: spent.append(effort) or [])
    for options in ([], ["--full"]):
        assert regard("lab", "run", "--out", tmp_path, *options).code == 0
    assert spent == [USUAL, FULL]


def test_ctrl_c_says_how_to_go_on(regard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("regard.lab.run_lab", interrupted)
    done = regard("lab", "run", "--out", tmp_path)
    assert done.code == 130
    assert f"what is recorded in {tmp_path} stays; the same command goes on from there" in done.err
