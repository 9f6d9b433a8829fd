"""Where writers write: beside what they will replace, each under a name of its own, so that two of them never mix.

The name is ``.NAME.0123abcd.writing``, its number drawn at random, and locked as long as the writer lives. What is not
locked was left by one that was killed; the next writer of that NAME removes it. Where files cannot be locked, nobody
can tell, so it stays for a day.
"""

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_DAY_SECONDS: Final = 24 * 60 * 60


@contextmanager
def own_place(path: Path, make: Callable[[Path], None]) -> Iterator[tuple[Path, int]]:
    """Gives a new place beside ``path``, and a handle that holds its lock; what is there after the block is removed.

    Args:
        path: what the writer will replace; its parent is there.
        make: makes the place, an empty file or folder. A file is written by the handle: some file systems (CIFS) let
            nobody else write what is locked.

    Raises:
        OSError: as the system says it.
    """
    _remove_what_was_left(path)
    place, lock = _made_and_locked(path, make)
    try:
        yield place, lock
    finally:
        _remove(place)
        os.close(lock)


def _name_beside(path: Path) -> Path:
    return path.parent / f".{path.name}.{secrets.token_hex(4)}.writing"


def _made_and_locked(path: Path, make: Callable[[Path], None]) -> tuple[Path, int]:
    while True:
        place = _name_beside(path)
        make(place)
        with suppress(FileNotFoundError):  # until it is locked, another writer may take it for one that was left
            lock = _opened(place)
            with suppress(OSError):  # files cannot be locked here
                fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.lexists(place):
                return place, lock
            os.close(lock)


def _opened(place: Path) -> int:
    try:
        return _open(place)
    except OSError:
        _remove(place)
        raise


def _open(place: Path) -> int:
    """Opened so that it can be locked: on network file systems, a file only by who may write it."""
    return os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR)


def _remove_what_was_left(path: Path) -> None:
    """Of writers of this name. What cannot be removed is in nobody's way."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.writing")
    with suppress(OSError):
        for place in [place for place in path.parent.iterdir() if pattern.fullmatch(place.name)]:
            with suppress(OSError):
                _remove_if_left(place, path)


def _remove_if_left(place: Path, path: Path) -> None:
    lock = _open(place)
    try:
        if _is_left(lock):
            # Moved first: a writer that lives after all, on another machine, then fails, and seals no half of a folder.
            _remove(place.rename(_name_beside(path)))
    finally:
        os.close(lock)


def _is_left(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # files cannot be locked here
        return time.time() - os.fstat(lock).st_mtime > _DAY_SECONDS
    return True


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with suppress(OSError):
            place.unlink()
