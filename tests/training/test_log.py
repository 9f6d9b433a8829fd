"""The log of a run: whole lines, cut on resuming, readable whatever happened to it."""

import builtins
import errno
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import DiskFullError, MissingExtraError
from regard.training.log import EVENTS, JsonlLog, cut_log, read_log
from regard.training.report import StepReport, ValidReport


def step_at(step: int, loss: float = 2.0) -> StepReport:
    return StepReport(
        step=step,
        total_steps=None,
        epoch=step / 100,
        loss=loss,
        learning_rate=1e-3,
        gradient_norm=0.5,
        tokens_per_second=9000.0,
        elapsed_seconds=step / 10,
        remaining_seconds=None,
    )


def valid_at(step: int, bleu: float = 30.0) -> ValidReport:
    samples = (("I love you.", "Je t'aime.", "Je t'aime\u2028."),)
    return ValidReport(step, {"bleu": bleu, "loss": 1.5}, {"bleu": "nrefs:1"}, True, samples, 2.0)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    with JsonlLog(path) as log:
        log.note("29,000 pairs")
        for step in (20, 40, 60):
            log.step(step_at(step))
            log.validated(valid_at(step))
        log.note("over")
    return path


def test_one_object_per_line_with_what_was_reported(logged: Path) -> None:
    kinds = [(line["kind"], line["step"]) for line in lines(logged)]
    assert kinds == [
        ("note", 0),
        ("step", 20),
        ("valid", 20),
        ("step", 40),
        ("valid", 40),
        ("step", 60),
        ("valid", 60),
        ("note", 60),
    ]
    assert lines(logged)[1]["learning_rate"] == 1e-3
    assert lines(logged)[2]["samples"] == [["I love you.", "Je t'aime.", "Je t'aime\u2028."]]
    assert lines(logged)[2]["signatures"] == {"bleu": "nrefs:1"}
    assert lines(logged)[0]["time"].endswith("+00:00")


def test_each_line_is_on_disk_at_once(tmp_path: Path) -> None:
    with JsonlLog(tmp_path / "log.jsonl") as log:
        log.step(step_at(20))
        assert len(lines(tmp_path / "log.jsonl")) == 1


def test_the_history_reads_back(logged: Path) -> None:
    history = read_log(logged)
    assert history.steps == (step_at(20), step_at(40), step_at(60))
    assert [(each.step, each.scores, each.is_best) for each in history.validations] == [
        (step, {"bleu": 30.0, "loss": 1.5}, True) for step in (20, 40, 60)
    ]


def test_resuming_cuts_what_came_after(logged: Path) -> None:
    before = logged.read_text().split("\n")
    with JsonlLog(logged, step=40) as log:
        log.step(step_at(60, loss=1.0))
    assert logged.read_text().split("\n")[:5] == before[:5], "what stays is not touched"
    assert [step.loss for step in read_log(logged).steps] == [2.0, 2.0, 1.0]
    assert [path.name for path in logged.parent.iterdir()] == ["log.jsonl"]


def test_a_new_run_begins_with_an_empty_log(logged: Path) -> None:
    with JsonlLog(logged, step=0):
        pass
    assert [line["kind"] for line in lines(logged)] == ["note"], "only what was said before the first update"


def test_an_unfinished_line_is_dropped_and_not_continued(logged: Path) -> None:
    with logged.open("a") as file:
        file.write('{"kind": "step", "step": 60, "lo')
    assert len(read_log(logged).steps) == 3
    with JsonlLog(logged, step=60) as log:
        log.step(step_at(80))
    assert [each.step for each in read_log(logged).steps] == [20, 40, 60, 80]


class Filling:
    """A disk that has room for half of the first line, half of the second, and for all of the others."""

    def __init__(self, file: io.FileIO) -> None:
        self._file, self._writes = file, 0

    def write(self, data: memoryview) -> int:
        self._writes += 1
        if self._writes in (2, 4):
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data[: len(data) // 2] if self._writes in (1, 3) else data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_line_the_full_disk_cut_off_takes_no_other_with_it(logged: Path) -> None:
    before = logged.read_bytes()
    with JsonlLog(logged, step=60) as log:
        log._file = Filling(log._file)  # type: ignore[assignment]
        for _ in range(2):
            with pytest.raises(DiskFullError, match="no space is left"):
                log.step(step_at(80))
        assert logged.read_bytes() == before, "half a line would be the beginning of the next"
        log.step(step_at(100))
    assert [each.step for each in read_log(logged).steps] == [20, 40, 60, 100]


def test_nothing_to_cut_does_not_rewrite(logged: Path) -> None:
    inode = logged.stat().st_ino
    cut_log(logged, 60)
    assert logged.stat().st_ino == inode
    cut_log(logged, 59)
    assert logged.stat().st_ino != inode
    cut_log(logged.parent / "nothing", 3)


def test_what_is_not_finite_becomes_null_and_nan(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with JsonlLog(path) as log:
        log.step(step_at(20, loss=math.nan))
        log.validated(valid_at(20, bleu=math.inf))
        log.note("a lone surrogate \ud800 in a message")
    assert "NaN" not in path.read_text()
    assert lines(path)[0]["loss"] is None
    history = read_log(path)
    assert math.isnan(history.steps[0].loss)
    assert history.steps[0].remaining_seconds is None
    assert math.isnan(history.validations[0].scores["bleu"])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 10_000,
        '{"kind": "step"}',
        '{"kind": "step", "step": "20"}',
        '{"kind": "step", "step": 20, "loss": "low"}',
        '{"kind": "step", "step": 20, "loss": true}',
        '{"kind": "valid", "step": 20}',
        '{"kind": "valid", "step": 20, "scores": [1]}',
        '{"kind": "valid", "step": 20, "scores": {"bleu": "good"}}',
        '{"kind": ["step"], "step": 20}',
    ],
)
def test_lines_that_are_not_ours_are_left_out(logged: Path, line: str) -> None:
    logged.write_text(line + "\n" + logged.read_text())
    assert len(read_log(logged).steps) == 3
    assert len(read_log(logged).validations) == 3


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    read_log(path)
    cut_log(path, 3)


def test_a_full_disk_is_our_own_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    log = JsonlLog(tmp_path / "log.jsonl")
    log.close()
    log._file = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115 (the log closes it)
    with pytest.raises(DiskFullError, match=r"no space is left to write .*log.jsonl"):
        note_and_close(log)


def note_and_close(log: JsonlLog) -> None:
    with log:
        log.note("x")


def test_tensorboard_events_are_written_when_asked(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    with JsonlLog(tmp_path / "log.jsonl", tensorboard=True) as log:
        log.step(step_at(20))
        log.validated(valid_at(20))
    assert scalars(tmp_path / EVENTS)["validation/bleu"] == [(20, 30.0)]


def test_resuming_takes_tensorboard_events_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    with JsonlLog(tmp_path / "log.jsonl", tensorboard=True) as log:
        log.step(step_at(20))
        log.step(step_at(40))
    with JsonlLog(tmp_path / "log.jsonl", tensorboard=True, step=20) as log:
        log.step(step_at(40, loss=1.0))
    assert scalars(tmp_path / EVENTS)["training/loss"] == [(20, 2.0), (40, 1.0)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("failing", ["opening", "adding", "closing"])
def test_events_that_cannot_be_written_are_given_up_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.summary.writer.record_writer import RecordWriter

    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "opening":
        (tmp_path / EVENTS).write_text("in the way of the folder")
    if failing == "adding":
        monkeypatch.setattr(RecordWriter, "write", full)
    told: list[str] = []
    with JsonlLog(tmp_path / "log.jsonl", tensorboard=True, tell=told.append) as log:
        for step in range(1, 20):
            log.step(step_at(step))
        if failing == "closing":
            monkeypatch.setattr(RecordWriter, "flush", full)
    (sentence,) = told
    assert "Training goes on without TensorBoard events" in sentence
    assert len(read_log(tmp_path / "log.jsonl").steps) == 19


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def without(module: str) -> Callable[..., Any]:
    real = builtins.__import__

    def _import(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == module:
            raise ModuleNotFoundError(f"No module named {module!r}")
        return real(name, *rest, **more)

    return _import


def test_a_missing_extra_is_named_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.delitem(sys.modules, "tensorboard", raising=False)
    monkeypatch.setattr(builtins, "__import__", without("tensorboard"))
    with pytest.raises(MissingExtraError, match=r"TensorBoard is not installed; install it with .*regard\[logs\]"):
        JsonlLog(tmp_path / "log.jsonl", tensorboard=True)
    assert list(tmp_path.iterdir()) == []
