"""docs/reliability.md is what the records say, and says what they do not."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("scripts/reliability_page.py")


def test_the_page_is_what_the_records_say(script: ModuleType) -> None:
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert written == script.page(), "run scripts/reliability_page.py --write"


def recorded(name: str) -> Any:
    text = (ROOT / "benchmarks" / "recorded" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if name.endswith("l") else json.loads(text)


def test_no_save_that_was_recorded_lost_anything_but_the_controls(script: ModuleType) -> None:
    """The figures themselves: whoever records worse ones has to change this file, too."""
    found = {kind: one["lost"] > 0 for kind, one in recorded("save_faults.json")["kinds"].items()}
    assert found == {"folder": False, "checkpoint": False, "model": False, "naive": True}


def test_all_stopped_runs_that_were_recorded_ended_alike_but_the_controls(script: ModuleType) -> None:
    trials = recorded("resume.jsonl")
    assert [trial for trial in trials if trial["is_equal"] == ("forgotten" in trial)] == []
    stopped = Counter(
        (trial["processes"], trial.get("distribution", "replicas")) for trial in trials if "forgotten" not in trial
    )
    assert stopped == {(1, "replicas"): 50, (2, "replicas"): 50, (2, "shards"): 10}
    assert {trial["forgotten"] for trial in trials if "forgotten" in trial} == set(script.FORGOTTEN)


def test_all_accidents_that_were_recorded_were_outlived_but_the_controls(script: ModuleType) -> None:
    for accident in recorded("accidents.json")["accidents"]:
        assert accident["held"] == accident["times"] > 0
        assert accident["has_control_failed"]


def trial(processes: int, *, is_equal: bool, **more: Any) -> dict[str, Any]:
    how = {"regard": "1", "torch": "2", "reached": 9, "resumed_after": 8}
    return {"processes": processes, "stop": "kill -9", "moment": "clock", "is_equal": is_equal, **how, **more}


def test_a_run_that_did_not_end_alike_would_be_seen(script: ModuleType, tmp_path: Path) -> None:
    trials = [trial(1, is_equal=True), trial(1, is_equal=False), trial(2, is_equal=True)]
    trials.append(trial(1, is_equal=True, forgotten="place"))
    (tmp_path / "resume.jsonl").write_text("".join(json.dumps(one) + "\n" for one in trials), encoding="utf-8")
    page = script.page(tmp_path)
    assert "| 1 | 2 | 2 | 0 | 0 | 0 | 2 | 0 | 0 | **1 of 2** |" in page
    assert "| 2 | 1 | 1 | 0 | 0 | 0 | 1 | 0 | 0 | **1 of 1** |" in page
    assert "| the place in the data | 1 | 1 | 1 |" in page


def test_what_has_no_record_is_said_to_have_none(script: ModuleType, tmp_path: Path) -> None:
    assert script.page(tmp_path).count(script.NOT_YET) == 3 + len(script.SECTIONS)


def test_a_figure_that_is_called_otherwise_is_missed(script: ModuleType, tmp_path: Path) -> None:
    record = {"made": {"torch": "2"}, "slow": {"opened": 200, "held_open": 3}}
    (tmp_path / "serving.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(KeyError):
        script.page(tmp_path)


def test_what_was_measured_of_a_server_is_told(script: ModuleType, tmp_path: Path) -> None:
    answers = {"statuses": {"200": 90, "429": 10}, "good_per_second": 9.0, "p50": 1.0, "p95": 2.0, "p99": 3.0}
    record: dict[str, dict[str, Any]] = {
        "made": {"torch": "2"},
        "load": {
            "clients": {"1": answers},
            "overload": answers
            | {"offered_per_second": 45.0, "share_of_peak": 0.95, "cores_of_the_asking": 0.3}
            | {"good_per_second_in_turn": [8.5, 9.5]},
            "batching_gain": 2.5,
        },
        "slow": {"before": answers, "meanwhile": answers, "p99_ratio": 1.0, "opened": 200, "gone": 200},
        "killed": {"clients": 1000, "waiting_tokens_after": 0.0, "speed_after": 1.01, "idle_after_seconds": 0.1}
        | {"held_before": {"tasks": 3, "files": 20}, "held_after": {"tasks": 3, "files": 21}},
        "reload": {"replacements": 100, "reloads": 60.0, "answers_of_one_model": 700, "mixed_answers": 0},
        "soak": {"seconds": 1800, "answers": 60000, "megabytes_at_first": 399.9, "megabytes": 400.2}
        | {
            "megabytes_per_ten_minutes": 0.1,
            "control_keeps_bytes": 2000,
            "control_leaks": 5.5,
            "control_per_ten_minutes": 5.8,
        },
        "hostile": {"requests": 24000, "passed": 23999, "unique_failures": 1, "seeds": {"1": {}, "2": {}}},
    }
    (tmp_path / "serving.json").write_text(json.dumps(record), encoding="utf-8")
    page = script.page(tmp_path)
    for words in (
        "| 1 | 9.0 | 1.0 | 2.0 | 3.0 | 90 × 200, 10 × 429 |",
        "45.0 requests a second at random moments",
        "| **95%** |",
        "good answers a second: 8.5, 9.5.",
        "so many requests cost it 0.3 of one",
        "200 of 200 connections that never finish",
        "1,000 clients went away",
        "3, 20; after: 3, 21",
        "700 requests of several sentences were answered by one model whole",
        "30 minutes of steady load, 60,000 answers",
        "**0.1 MB** in ten minutes",
        "thus 5.5 MB in ten minutes,\nis seen to grow by 5.8 MB",
        "document (2 seeds): 23,999 were answered",
        "**1** were not",
    ):
        assert words in page
    assert page.count(script.NOT_YET) == 3  # nothing of training is there
    assert script.FAILED not in page
    record["killed"] |= {"holds": False}
    (tmp_path / "serving.json").write_text(json.dumps(record), encoding="utf-8")
    assert script.FAILED in script.page(tmp_path)
