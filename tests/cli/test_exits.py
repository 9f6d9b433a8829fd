"""Every exception ends in one message and the exit code that the table promises."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from regard import errors
from regard.cli import exits
from regard.cli.exits import Terminated, explain, guarded


class OutOfMemoryError(RuntimeError):
    """Looks like torch's."""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (errors.CorpusError("counts differ"), 2, "counts differ"),
        (errors.SettingsError("unknown key"), 2, "unknown key"),
        (errors.CheckError("a check"), 3, "a check"),
        (errors.DiskFullError("no space"), 4, "no space"),
        (errors.DivergedError("nan"), 5, "nan"),
        (KeyboardInterrupt(), 130, "stopped"),
        (Terminated(), 143, "SIGTERM"),
        (Terminated(signal.SIGHUP), 129, "SIGHUP"),
        (OSError(errno.ENOSPC, "No space left", "/tmp/x"), 4, "no space left on the disk: /tmp/x; what was there"),
        (OSError(errno.EDQUOT, "Quota"), 4, "no space left"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.en"), 2, "No such file or directory: a.en"),
        (MemoryError(), 4, "out of memory; a smaller batch"),
        (OutOfMemoryError("CUDA out of memory"), 4, "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 4, "out of memory"),
        (RuntimeError("other"), 1, "RuntimeError: other"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_exceptions_have_their_exit_code(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGARD_DEBUG", raising=False)

    @guarded
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as stop:
        command()
    assert stop.value.exit_code == code
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.startswith("regard: ")
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_a_bug_says_how_to_see_more() -> None:
    assert "REGARD_DEBUG=1" in explain(ValueError("x"))[1]


def test_debugging_shows_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_DEBUG", "1")
    assert exits.report(errors.InputError("wrong")) == 2
    assert "InputError: wrong" in capsys.readouterr().err


def test_what_a_command_decides_itself_passes() -> None:
    @guarded
    def command() -> None:
        raise typer.Exit(3)

    with pytest.raises(typer.Exit) as stop:
        command()
    assert stop.value.exit_code == 3


COMMAND = """
import typer
from regard.cli.exits import guarded
from regard.errors import InputError

@guarded
def command():
    print("half of what was asked for")  # not flushed
    raise InputError("the rest is missing")

typer.run(command)
"""


@pytest.mark.parametrize("output", ["/dev/null", "/dev/full", "&-"])
def test_the_message_and_the_code_come_through_whatever_becomes_of_the_output(output: str) -> None:
    shell = ["sh", "-c", f'exec "$0" -c "$1" >{output}', sys.executable, COMMAND]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # so that something is left to be written at the end
    ended = subprocess.run(shell, env=buffered, capture_output=True, text=True, check=False)
    assert ended.stderr == "regard: the rest is missing\n"
    assert ended.returncode == 2


@pytest.fixture
def restored_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("restored_handlers")
def test_being_told_to_end_interrupts(number: signal.Signals) -> None:
    exits.catch_termination()
    with pytest.raises(Terminated) as told:
        signal.raise_signal(number)
    assert told.value.number == number


@pytest.mark.usefixtures("restored_handlers")
def test_nohup_is_respected() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    exits.catch_termination()
    signal.raise_signal(signal.SIGHUP)


def test_every_exit_code_of_the_tree_is_documented() -> None:
    codes = {value.exit_code for value in vars(errors).values() if isinstance(value, type)}
    assert all(f"{code} " in (exits.__doc__ or "") for code in codes)
