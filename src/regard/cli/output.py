"""Where translations go: standard output, flushed as it goes, or a file that appears only when it is complete."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import cast

from regard.errors import InputError, OutputExistsError

Write = Callable[[str], None]


def refuse_existing(path: Path | None, *, option: str = "--output") -> None:
    """Checks, before any work is done, that ``path``, given as ``option``, can be made.

    Raises:
        OutputExistsError: something is there already.
        InputError: its folder does not exist, or may not be written to.
    """
    if path is None:
        return
    if os.path.lexists(path):
        raise OutputExistsError(f"{path} exists already and is left as it is; give another {option}, or remove it")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: there is no such folder for {option} {path}")
    if not os.access(path.parent, os.W_OK | os.X_OK):  # said now, not when all the work is done
        raise InputError(f"{path.parent}: nothing may be written there; give another {option} than {path}")


@contextmanager
def text_output(path: Path | None) -> Iterator[Write]:
    """A function that writes text as UTF-8: to ``path``, or to standard output when it is ``None``."""
    with bytes_output(path) as write:
        yield lambda text: write(text.encode("utf-8"))


@contextmanager
def bytes_output(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    """A function that writes bytes: to ``path``, or to standard output when it is ``None``."""
    if path is None:
        yield lambda content: _write(cast(BufferedIOBase, sys.stdout.buffer), content)
    else:
        with _aside(path) as file:
            yield lambda content: _write(file, content)


def _write(file: BufferedIOBase | RawIOBase, content: bytes) -> None:
    left = memoryview(content)
    while left:  # with PYTHONUNBUFFERED a stream may take a part, if the program was stopped while its reader was slow
        left = left[file.write(left) or 0 :]
    file.flush()


@contextmanager
def _aside(path: Path) -> Iterator[BufferedIOBase]:
    """A file beside ``path`` that gets its name at the end; on an error it goes, and nothing was there."""
    refuse_existing(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _publish(aside: Path, path: Path) -> None:
    """Gives the file its name, unless somebody took the name meanwhile: a link never replaces, a rename does."""
    mask = os.umask(0)
    os.umask(mask)
    aside.chmod(0o666 & ~mask)
    with suppress(OSError):
        os.link(aside, path)
        return
    refuse_existing(path)
    aside.rename(path)
