"""How a command ends: an exception becomes one message on standard error, and an exit code.

0 ok · 1 a bug of ours · 2 wrong input or settings · 3 a check failed · 4 the machine cannot (disk full, out of
memory) · 5 training became non-finite · 129 the terminal was closed · 130 Ctrl-C · 143 SIGTERM. With
``REGARD_DEBUG=1`` the traceback is shown too.
"""

import errno
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn, ParamSpec, TextIO

import typer

from regard.errors import RegardError, is_out_of_memory

P = ParamSpec("P")

INPUT = 2
MACHINE = 4
INTERRUPTED = 130
SIGNALLED = 128

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_BUG = "this is a bug in Regard. REGARD_DEBUG=1 before the same command shows where it happened"


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived. Handled like Ctrl-C (training saves its state), but ends with its own exit code."""

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with every exception turned into a message and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.BadParameter):
            raise
        except BrokenPipeError:
            _silence(sys.stdout)
            raise typer.Exit(0) from None  # the reader has all it wanted
        except BaseException as error:
            if isinstance(error, SystemExit | GeneratorExit):
                raise
            code = report(error)
            _drop_what_cannot_be_written()
            raise typer.Exit(code) from None

    return run


def report(error: BaseException) -> int:
    """Says on standard error what happened; returns the exit code."""
    code, message = explain(error)
    with suppress(OSError):  # nobody reads it; the code says it all the same
        if os.environ.get("REGARD_DEBUG") == "1":
            traceback.print_exception(error)
        typer.echo(f"regard: {message}", err=True)
    return code


def explain(error: BaseException) -> tuple[int, str]:
    """The exit code and the message of an exception."""
    match error:
        case RegardError():
            return error.exit_code, str(error)
        case Terminated():
            return SIGNALLED + error.number, f"stopped by {error.number.name}"
        case KeyboardInterrupt():
            return INTERRUPTED, "stopped"
        case OSError():
            return _explain_system(error)
    if is_out_of_memory(error):
        return MACHINE, "out of memory; a smaller batch (training.batch_tokens, decoding.batch_tokens) needs less"
    return 1, f"{type(error).__name__}: {error}\n        {_BUG}"


def _explain_system(error: OSError) -> tuple[int, str]:
    where = f": {error.filename}" if error.filename else ""
    if error.errno in _NO_SPACE:
        return MACHINE, f"no space left on the disk{where}; what was there before is intact. Free some and try again"
    return INPUT, f"{error.strerror or error}{where}"


def _drop_what_cannot_be_written() -> None:
    """What was refused (a full disk, a reader who has gone) would be tried again as the interpreter ends: exit 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:  # none at all is there after `>&-`
                stream.flush()
        except OSError:
            _silence(stream)


def _silence(stream: TextIO) -> None:
    """Nobody reads it any more: what Python flushes at its end goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def catch_termination() -> None:
    """From now on SIGTERM, and SIGHUP where ``nohup`` does not forbid it, raise ``Terminated`` in the main thread."""
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _terminate)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)
