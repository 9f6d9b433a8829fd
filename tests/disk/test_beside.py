"""Two writers of one name never mix, and what a killed one left is removed by the next, but nothing of a living one."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.disk import check_file, file_aside, read_seal, seal, write_text_aside, written_aside
from regard.errors import MachineError, OutputExistsError

KILLED = """
import os, signal, sys
from pathlib import Path
from regard.disk import file_aside, written_aside

def die(): os.kill(os.getpid(), signal.SIGKILL)

def file(path):
    with file_aside(path) as file:
        file.write(b"half")
        die()

def folder(path):
    with written_aside(path, replace=True) as aside:
        (aside / "a.txt").write_text("half")
        die()

{"file": file, "folder": folder}[sys.argv[1]](Path(sys.argv[2]))
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def put_folder(folder: Path, text: str) -> None:
    with written_aside(folder, replace=True) as aside:
        (aside / "a.txt").write_text(text)


def put_file(path: Path, text: str) -> None:
    write_text_aside(path, text)


def holds(path: Path, text: str) -> bool:
    return (path / "a.txt" if path.is_dir() else path).read_text() == text


WRITERS: dict[str, Callable[[Path, str], None]] = {"file": put_file, "folder": put_folder}


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with file_aside(path) as first:
        first.write(b"first, ")
        first.flush()
        with file_aside(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        first.write(b"and all of it")
        first.flush()
        assert path.read_bytes() == b"second", "whoever reads it meanwhile sees all of one"
    assert path.read_bytes() == b"first, and all of it"
    assert names(tmp_path) == ["out.txt"]


def test_two_writers_of_one_folder_do_not_mix(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    with written_aside(folder, replace=True) as first:
        (first / "weights").write_text("first")
        with written_aside(folder, replace=True) as second:
            (second / "weights").write_text("second")
            (second / "more").write_text("second")
            (first / "settings").write_text("first")
            seal(first, kind="k")
        assert contents(folder) == {"weights": "second", "more": "second"}
    found = contents(folder)
    assert {name: found[name] for name in ("weights", "settings")} == {"weights": "first", "settings": "first"}
    for name, expected in read_seal(folder, kind="k").items():
        check_file(folder / name, expected)
    assert names(tmp_path) == ["f"]


def test_the_slower_of_two_does_not_replace_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    with pytest.raises(OutputExistsError, match="f is there already"), written_aside(folder) as first:  # noqa: PT012
        (first / "a.txt").write_text("first")
        put_folder(folder, "second")
    assert contents(folder) == {"a.txt": "second"}
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("kind", WRITERS)
def test_what_killed_writers_left_does_not_pile_up(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a[1]*"  # no pattern: what is left of others stays
    (tmp_path / ".a1.0123abcd.writing").touch()
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", KILLED, kind, path], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert len([name for name in names(tmp_path) if name.startswith(".a[1]*.")]) == 1
    WRITERS[kind](path, "new")
    assert holds(path, "new")
    assert names(tmp_path) == [".a1.0123abcd.writing", "a[1]*"]


@pytest.mark.parametrize("kind", WRITERS)
def test_where_nothing_can_be_locked_what_is_left_stays_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    subprocess.run([sys.executable, "-c", KILLED, kind, tmp_path / "a"], check=False)
    (left,) = tmp_path.iterdir()
    WRITERS[kind](tmp_path / "a", "new")
    assert names(tmp_path) == [left.name, "a"], "its writer may live"
    os.utime(left, times=(time.time() - 90_000,) * 2)
    WRITERS[kind](tmp_path / "a", "newer")
    assert names(tmp_path) == ["a"]
    assert holds(tmp_path / "a", "newer")


@pytest.mark.parametrize("kind", WRITERS)
def test_who_is_taken_for_killed_before_the_lock_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    real, taken = fcntl.flock, []

    def late(handle: int, how: int) -> None:
        if not taken:
            (begun,) = tmp_path.iterdir()
            taken.append(begun.rename(tmp_path / "taken"))
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    WRITERS[kind](tmp_path / "a", "new")
    assert names(tmp_path) == ["a", "taken"]
    assert holds(tmp_path / "a", "new")


@pytest.mark.parametrize("kind", WRITERS)
def test_what_cannot_be_looked_at_is_in_nobodys_way(tmp_path: Path, kind: str) -> None:
    (tmp_path / ".a.01234567.writing").symlink_to("nowhere")
    WRITERS[kind](tmp_path / "a", "new")
    assert holds(tmp_path / "a", "new")


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_is_left_if_what_was_made_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    real, failed = os.open, []

    def once(path: Path, flags: int, *mode: int, **where: int) -> int:
        if flags in (os.O_RDONLY, os.O_RDWR) and not failed:
            failed.append(path)
            raise OSError(errno.EIO, "Input/output error")
        return real(path, flags, *mode, **where)

    monkeypatch.setattr(os, "open", once)
    with pytest.raises(MachineError, match="a cannot be written: Input/output error"):
        WRITERS[kind](tmp_path / "a", "new")
    assert names(tmp_path) == []


def test_what_is_written_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        put_file(tmp_path / "file", "new")
        put_folder(tmp_path / "folder", "new")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750
