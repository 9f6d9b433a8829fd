"""The standard streams as every command takes them for granted: all three are there, and any text can be written.

Must not know: what is read and written. Files, and results as UTF-8, are left to ``output`` and ``lines``.
"""

import io
import os
import sys
from pathlib import Path
from typing import IO, Any


def ready_streams() -> None:
    """Opens the streams that the caller closed (``2>&-``), and lets no character stop what is written.

    A closed stream reads as an empty one, and what is written to it goes nowhere. What the encoding of standard output
    or standard error cannot write, such as a file name that is not UTF-8, is written as ``\\udce8``. These escapes
    are not those of JSON (``\\U0001f600``): JSON that goes here escapes everything but ASCII by itself.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere(mode: str) -> IO[Any]:
    """The null device, under the number of the closed stream: opened in their order, each gets the lowest that is free.

    Left free, the number would go to the next file, and what some library writes to number 2 would stand in it.
    Programs that are started inherit it for the same reason.
    """
    stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # open as long as the process lives
    os.set_inheritable(stream.fileno(), True)
    return stream
