"""Folders written aside: whole or not there, whatever happens."""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from regard.disk import standing, write_text_aside, written_aside
from regard.errors import DiskFullError, MachineError, OutputExistsError


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def write(folder: Path, text: str, *, replace: bool = False) -> None:
    with written_aside(folder, replace=replace) as aside:
        (aside / "a.txt").write_text(text)


def write_half(folder: Path) -> None:
    with written_aside(folder, replace=True) as aside:
        (aside / "a.txt").write_text("half")
        raise LookupError("stop")


def failing_with(number: int) -> Callable[..., NoReturn]:
    def _fail(*_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return _fail


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    with written_aside(tmp_path / "deep" / "folder") as aside:
        (aside / "a.txt").write_text("a")
        assert not (tmp_path / "deep" / "folder").exists()
    assert contents(tmp_path / "deep" / "folder") == {"a.txt": "a"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["folder"]


def test_replacing_leaves_only_the_new(tmp_path: Path) -> None:
    write(tmp_path / "f", "old")
    write(tmp_path / "f", "new", replace=True)
    assert contents(tmp_path / "f") == {"a.txt": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.guarantee(
    "A model appears whole or not at all: an error on the way keeps what was there",
    area="models",
    control="test_writing_in_place_is_caught",
)
def test_an_error_inside_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "f", "old")
    with pytest.raises(LookupError, match="stop"):
        write_half(tmp_path / "f")
    assert contents(tmp_path / "f") == {"a.txt": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_writing_in_place_is_caught(tmp_path: Path, monkeypatch) -> None:
    @contextmanager
    def in_place(folder: Path, *, replace: bool = False) -> Iterator[Path]:
        folder.mkdir(exist_ok=replace)
        yield folder

    monkeypatch.setattr(sys.modules[__name__], "written_aside", in_place)
    with pytest.raises(AssertionError):
        test_an_error_inside_changes_nothing(tmp_path)


def test_existing_folders_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "f", "old")
    with pytest.raises(OutputExistsError, match=r"f is there already"):
        write(tmp_path / "f", "new")
    with pytest.raises(OutputExistsError, match=r"/ is there already"):
        write(Path("/"), "new")
    assert contents(tmp_path / "f") == {"a.txt": "old"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_our_own_error_and_keeps_the_old(tmp_path: Path, monkeypatch, number: int) -> None:
    write(tmp_path / "f", "old")
    monkeypatch.setattr(Path, "write_text", failing_with(number))
    with pytest.raises(DiskFullError, match=r"no space is left to write .*what was there before is intact"):
        write(tmp_path / "f", "new", replace=True)
    monkeypatch.undo()
    assert contents(tmp_path / "f") == {"a.txt": "old"}


def test_a_file_is_seen_old_or_new(tmp_path: Path, monkeypatch) -> None:
    write_text_aside(tmp_path / "a.txt", "old")
    monkeypatch.setattr(Path, "replace", failing_with(errno.ENOSPC))
    with pytest.raises(DiskFullError, match=r"no space is left to write .*a.txt"):
        write_text_aside(tmp_path / "a.txt", "new")
    monkeypatch.undo()
    assert (tmp_path / "a.txt").read_text() == "old"
    write_text_aside(tmp_path / "a.txt", "new")
    assert contents(tmp_path) == {"a.txt": "new"}


@pytest.mark.guarantee(
    "A model appears whole or not at all: an error on the way keeps what was there",
    area="models",
)
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_disk_that_fails_while_syncing_keeps_the_old(tmp_path: Path, monkeypatch, call: int) -> None:
    write(tmp_path / "f", "old")
    calls = []

    def failing(handle: int) -> None:
        calls.append(handle)
        if len(calls) == call:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(MachineError, match=r"f cannot be written: Input/output error"):
        write(tmp_path / "f", "new", replace=True)
    # The third sync is the parent's, after the new folder is in place.
    assert contents(tmp_path / "f") == {"a.txt": "old" if call < 3 else "new"}


def test_when_the_second_rename_fails_the_old_returns(tmp_path: Path, monkeypatch) -> None:
    write(tmp_path / "f", "old")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".writing":
            raise OSError(errno.EACCES, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(MachineError, match="Permission denied"):
        write(tmp_path / "f", "new", replace=True)
    assert contents(tmp_path / "f") == {"a.txt": "old"}


def test_a_parent_that_is_a_file_is_our_own_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MachineError, match=r"file/f cannot be written: File exists \(.*/file\)"):
        write(tmp_path / "file" / "f", "new")


def test_every_file_and_folder_is_synced_before_it_is_seen(tmp_path: Path, monkeypatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())))
    with written_aside(tmp_path / "f") as aside:
        (aside / "sub").mkdir()
        (aside / "sub" / "a.txt").write_text("a")
    names = [Path(path).name for path in synced]
    assert sorted(names[:-1]) == [aside.name, "a.txt", "sub"]
    assert synced[-1] == str(tmp_path), "the parent last, after the rename"


def test_what_a_killed_run_left_is_used_and_cleaned(tmp_path: Path) -> None:
    write(tmp_path / "f", "old")
    (tmp_path / "f").rename(tmp_path / ".f.previous")
    (tmp_path / ".f.0123abcd.writing").mkdir()
    (tmp_path / ".f.0123abcd.writing" / "half").write_text("x")
    assert standing(tmp_path / "f") == tmp_path / ".f.previous"
    with pytest.raises(OutputExistsError, match=r".f.previous is there already"):
        write(tmp_path / "f", "new")
    write(tmp_path / "f", "new", replace=True)
    assert contents(tmp_path / "f") == {"a.txt": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.fixture
def unsynced_folders(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Folders that refuse to be synced, with an error of that number; files are synced as ever."""

    def refuse(number: int) -> None:
        real = os.fsync

        def fsync(handle: int) -> None:
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise OSError(number, os.strerror(number))
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)

    return refuse


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP], ids=["CIFS", "others"])
def test_where_folders_cannot_be_synced_files_are(
    tmp_path: Path, unsynced_folders: Callable[[int], None], number: int
) -> None:
    unsynced_folders(number)
    write(tmp_path / "f", "new")
    write_text_aside(tmp_path / "a.txt", "new")
    assert contents(tmp_path / "f") == {"a.txt": "new"}
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_folder_whose_device_fails_is_not_passed_over(
    tmp_path: Path, unsynced_folders: Callable[[int], None]
) -> None:
    unsynced_folders(errno.EIO)
    with pytest.raises(MachineError, match=r"f cannot be written: Input/output error"):
        write(tmp_path / "f", "new")
    assert not (tmp_path / "f").exists()


def test_a_file_that_cannot_be_synced_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text_aside(tmp_path / "a.txt", "old")
    monkeypatch.setattr(os, "fsync", failing_with(errno.EINVAL))
    with pytest.raises(MachineError, match=r"a.txt cannot be written: Invalid argument"):
        write_text_aside(tmp_path / "a.txt", "new")
    assert contents(tmp_path) == {"a.txt": "old"}
