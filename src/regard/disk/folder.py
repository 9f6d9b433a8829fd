"""Folders that are never half there: written aside, synced to the disk, then renamed into place.

A kill at any moment leaves the old folder, or the new one, or (between two renames) the old one under the name
``.NAME.previous``, which ``standing`` finds.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from regard.disk.beside import own_place
from regard.errors import DiskFullError, MachineError, OutputExistsError

_UNSYNCABLE: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


@contextmanager
def written_aside(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """Gives an empty folder to write into; when the block ends without an error, it becomes ``folder``.

    Files and folders are synced first, so that not even a power cut leaves half of them. With ``replace``, what stood
    there before is moved aside and removed only once the new folder is in place. If the block raises, nothing changes.

    Raises:
        OutputExistsError: ``folder`` is there already, not empty, and ``replace`` is not asked for.
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the folder cannot be written for another reason.
    """
    folder = folder.resolve()
    _refuse_existing(folder, replace=replace)
    with machine_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with own_place(folder, Path.mkdir) as (aside, _):
            yield aside
            _sync_tree(aside)
            _refuse_existing(folder, replace=replace)  # another writer may have been quicker
            _put_in_place(aside, folder)


def standing(folder: Path) -> Path | None:
    """Where the last complete version of ``folder`` stands: there, or beside it if replacing it was interrupted."""
    folder = folder.resolve()
    candidates = (folder, _previous(folder))
    return next((path for path in candidates if os.path.lexists(path)), None)


def write_text_aside(path: Path, text: str) -> None:
    """Writes one small file so that a reader sees the old contents or the new, never a part.

    Raises:
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written for another reason.
    """
    with file_aside(path) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def file_aside(path: Path) -> Iterator[IO[bytes]]:
    """Gives an empty file to write into; when the block ends without an error, it becomes ``path``.

    A reader sees the old contents or the new, never a part. If the block raises, nothing changes.

    Raises:
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written for another reason.
    """
    with machine_errors(path), own_place(path, _new_file) as (aside, handle):
        with os.fdopen(handle, "wb", closefd=False) as file:
            yield file
        os.fsync(handle)
        aside.replace(path)
        _sync(path.parent)


@contextmanager
def machine_errors(path: Path) -> Iterator[None]:
    """Turns what the system says while ``path`` is written into our errors.

    Raises:
        DiskFullError: no space is left, or the user's quota is used up.
        MachineError: anything else the system refuses.
    """
    try:
        yield
    except OSError as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: OSError) -> MachineError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"no space is left to write {path}; what was there before is intact: free some space and try again"
        )
    culprit = f" ({error.filename})" if error.filename else ""
    return MachineError(f"{path} cannot be written: {error.strerror}{culprit}")


def _refuse_existing(folder: Path, *, replace: bool) -> None:
    stands = standing(folder)
    if stands is None or replace:
        return
    if not stands.is_dir() or any(stands.iterdir()):
        raise OutputExistsError(f"{stands} is there already; name another folder, or ask to replace it")


def _put_in_place(aside: Path, folder: Path) -> None:
    previous = _previous(folder)
    if folder.exists():
        _remove(previous)  # left by a kill after the new folder was in place
        folder.rename(previous)
    try:
        aside.rename(folder)
    except OSError:
        if os.path.lexists(previous):
            previous.rename(folder)
        raise
    _sync(folder.parent)
    shutil.rmtree(previous, ignore_errors=True)


def _previous(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.previous"


def _new_file(path: Path) -> None:
    path.touch(exist_ok=False)


def _remove(path: Path) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)


def _sync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # There are file systems that sync files alone: CIFS on old systems, some of FUSE's.
        if error.errno not in _UNSYNCABLE or not path.is_dir():
            raise
    finally:
        os.close(handle)
