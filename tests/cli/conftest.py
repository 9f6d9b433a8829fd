"""A command line to type on: in this process, with streams of its own, so that a test sees what a person would."""

import io
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from regard.cli import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def messages(self) -> list[str]:
        """The lines of standard error that begin a message to the user."""
        return [line for line in self.err.split("\n") if line.startswith("regard: ")]


RunCommand = Callable[..., Outcome]


class Stream(io.TextIOWrapper):
    """A text stream over bytes in memory that can be read after it was written."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = io.BytesIO(data)
        super().__init__(self.data, encoding="utf-8", newline="")

    def text(self) -> str:
        self.flush()
        return self.data.getvalue().decode("utf-8")


@pytest.fixture
def regard(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunCommand]:
    """Runs ``regard ARGUMENTS…``, with ``stdin`` as its standard input."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    def run(*arguments: object, stdin: bytes = b"") -> Outcome:
        out, err = Stream(), Stream()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", Stream(stdin))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as stop:
                main([str(argument) for argument in arguments])
        return Outcome(int(stop.value.code or 0), out.text(), err.text())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def pair_files(tmp_path: Path) -> tuple[Path, Path]:
    """Two small aligned files, enough to train on."""
    source, target = tmp_path / "pairs.en", tmp_path / "pairs.fr"
    source.write_text("".join(f"one {number}\n" for number in range(40)), encoding="utf-8")
    target.write_text("".join(f"un {number}\n" for number in range(40)), encoding="utf-8")
    return source, target
