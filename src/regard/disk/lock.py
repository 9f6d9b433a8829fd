"""A lock on a folder: as long as one process works in it, a second one is told so and leaves it alone."""

import errno
import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from regard.disk.folder import machine_errors
from regard.errors import InUseError

LOCK: Final = ".lock"
_TAKEN: Final = frozenset({errno.EACCES, errno.EAGAIN})
_UNSUPPORTED: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Holds the lock of ``folder`` within the block; gives False where the file system knows no locks.

    The system lets go of it when the process ends, however it ends, so nothing has to be cleaned up after a crash. It
    is a lock of the process (POSIX): children do not inherit it, and it does not keep threads of one process apart.

    Raises:
        InUseError: another process holds it; the message names the process.
        MachineError: the folder cannot be written.
    """
    with machine_errors(folder):
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        is_held = _lock(file, folder)
        if is_held:
            _sign(file)
        yield is_held
    finally:
        os.close(file)


def _lock(file: int, folder: Path) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        if error.errno not in _TAKEN:
            raise
        raise InUseError(
            f"{folder} is in use by {_holder(file)}; wait until it ends, or stop it (it saves its state first)"
        ) from None
    return True


def _sign(file: int) -> None:
    """Writes who holds the lock; that it cannot be written (a full disk) is no reason not to work."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        os.truncate(file, 0)
        os.pwrite(file, json.dumps({"process": os.getpid(), "machine": platform.node(), "since": now}).encode(), 0)
    except OSError:
        return


def _holder(file: int) -> str:
    try:
        signed = json.loads(os.pread(file, 4096, 0))
        return f"process {signed['process']} on {signed['machine']}, since {signed['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
