"""The log of a run: one JSON object per line, and TensorBoard events if asked for.

A line is written whole and at once, so a run killed at any moment leaves at most one unfinished last line. Resuming at
step N cuts what was logged after N, since those updates are made again.
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, final

from regard.disk import machine_errors, write_text_aside
from regard.training.events import Events
from regard.training.report import StepReport, ValidReport

EVENTS = "tensorboard"
"""The folder of TensorBoard events beside the log."""


@final
class JsonlLog:
    """A reporter that appends what it hears to ``path``. Open it with ``with``.

    Args:
        path: the log; lines after ``step`` are cut from it.
        tensorboard: also write TensorBoard events, to a folder beside the log.
        step: where the run goes on; 0 for a new one.
        tell: is told if events can no longer be written; the log goes on without them.

    Raises:
        MissingExtraError: TensorBoard is asked for and not installed.
        DiskFullError: no space is left; the lines before are intact.
    """

    def __init__(
        self, path: Path, *, tensorboard: bool = False, step: int = 0, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self.path = path
        self._step = step
        self._events = Events(path.parent / EVENTS, step=step, tell=tell) if tensorboard else None
        cut_log(path, step)
        with machine_errors(path):
            self._file = path.open("ab", buffering=0)  # a buffer would try a full disk again when closed

    def __enter__(self) -> "JsonlLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Writes nothing more."""
        self._file.close()
        if self._events is not None:
            self._events.close()

    def note(self, message: str) -> None:
        """Logs a sentence."""
        self._write("note", {"step": self._step, "message": message})

    def step(self, report: StepReport) -> None:
        """Logs how the updates went."""
        self._step = report.step
        self._write("step", asdict(report))
        for name in ("loss", "learning_rate", "gradient_norm", "tokens_per_second"):
            self._event(f"training/{name}", getattr(report, name), report.step)

    def validated(self, report: ValidReport) -> None:
        """Logs a validation."""
        self._step = report.step
        self._write("valid", asdict(report))
        for name, score in report.scores.items():
            self._event(f"validation/{name}", score, report.step)

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps(_finite({"kind": kind, "time": now, **content}), ensure_ascii=False, allow_nan=False)
        rest = memoryview(f"{line}\n".encode("utf-8", "replace"))
        with machine_errors(self.path):
            end = self._file.seek(0, os.SEEK_END)
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                with suppress(OSError):
                    self._file.truncate(end)  # or the next line would go on where this one broke off, and both be lost
                raise

    def _event(self, name: str, value: float, step: int) -> None:
        if self._events is not None:
            self._events.add(name, value, step)


@final
@dataclass(frozen=True, slots=True)
class History:
    """What a log tells, in the order it was written."""

    steps: tuple[StepReport, ...] = ()
    validations: tuple[ValidReport, ...] = ()


def read_log(path: Path) -> History:
    """The reports in a log, without sample translations and signatures.

    Lines that cannot be read, such as an unfinished last one, are left out; what was not finite is NaN.

    Raises:
        MachineError: the file cannot be read.
    """
    steps, validations = [], []
    for _, record in _records(path):
        if record["kind"] == "step" and (report := _step_report(record)):
            steps.append(report)
        if record["kind"] == "valid" and (validation := _valid_report(record)):
            validations.append(validation)
    return History(tuple(steps), tuple(validations))


def cut_log(path: Path, step: int) -> None:
    """Removes the lines logged after ``step``, and unfinished ones; a log that is not there stays so.

    Raises:
        DiskFullError: no space is left; the log is as it was.
    """
    if not path.exists():
        return
    kept = "".join(line for line, record in _records(path) if record["step"] <= step)
    if len(kept.encode()) != path.stat().st_size:
        write_text_aside(path, kept)


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every whole line that is one of ours, and what it holds."""
    with machine_errors(path), path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            record = _record(line)
            if line.endswith("\n") and record is not None:
                yield line, record


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("step"), int) or "kind" not in record:
        return None
    return record


def _step_report(record: dict[str, Any]) -> StepReport | None:
    values: dict[str, Any] = {field.name: record.get(field.name) for field in fields(StepReport)}
    if not all(value is None or _is_number(value) for value in values.values()):
        return None
    measured = ("epoch", "loss", "learning_rate", "gradient_norm", "tokens_per_second", "elapsed_seconds")
    return StepReport(**values | {name: _number(values[name]) for name in measured})


def _valid_report(record: dict[str, Any]) -> ValidReport | None:
    scores, seconds = record.get("scores"), record.get("seconds")
    if not isinstance(scores, dict) or not all(score is None or _is_number(score) for score in scores.values()):
        return None
    return ValidReport(
        step=record["step"],
        scores={name: _number(score) for name, score in scores.items()},
        is_best=record.get("is_best") is True,
        seconds=_number(seconds if _is_number(seconds) else None),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _finite(value: Any) -> Any:
    """JSON has no word for infinity or NaN: they become null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
