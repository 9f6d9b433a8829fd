"""Folders written aside: whole or not there, whatever happens."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from safetensors import SafetensorError

from regard.bundle import load_bundle, standing, write_text_aside, written_aside
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


def test_the_words_of_the_safetensors_library_are_understood(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="no space is left to write"):
        raise_inside(tmp_path / "f", SafetensorError("I/O error: No space left on device (os error 28)"))
    with pytest.raises(MachineError, match=r"f cannot be written: Permission denied"):
        raise_inside(tmp_path / "f", SafetensorError("I/O error: Permission denied (os error 13)"))
    with pytest.raises(SafetensorError, match="InvalidHeader"):
        raise_inside(tmp_path / "f", SafetensorError("InvalidHeader"))


def raise_inside(folder: Path, error: Exception) -> None:
    with written_aside(folder):
        raise error


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
        if self.name.endswith(".writing"):
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
    assert sorted(names[:-1]) == [".f.writing", "a.txt", "sub"]
    assert synced[-1] == str(tmp_path), "the parent last, after the rename"


def test_what_a_killed_run_left_is_used_and_cleaned(tmp_path: Path) -> None:
    write(tmp_path / "f", "old")
    (tmp_path / "f").rename(tmp_path / ".f.previous")
    (tmp_path / ".f.writing").mkdir()
    (tmp_path / ".f.writing" / "half").write_text("x")
    assert standing(tmp_path / "f") == tmp_path / ".f.previous"
    with pytest.raises(OutputExistsError, match=r".f.previous is there already"):
        write(tmp_path / "f", "new")
    write(tmp_path / "f", "new", replace=True)
    assert contents(tmp_path / "f") == {"a.txt": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_killed_at_any_moment_a_model_is_there(pristine: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("sweep_kills.py")
    shutil.copytree(pristine, tmp_path / "run" / "model")
    result = subprocess.run(
        [sys.executable, script, tmp_path / "run" / "model"], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    # Each kill leaves one line: at which event, and which version was found after it.
    lines = [line.split() for line in result.stdout.splitlines()]
    assert len(lines) > 15, "the sweep killed too few times to mean anything"
    found = [version for _, version in lines]
    assert set(found) == {"old", "previous", "new"}, "the sweep must reach every stage"
    assert load_bundle(tmp_path / "run").facts.num_steps == 8


def test_a_really_full_disk(tmp_path: Path, pristine: Path) -> None:
    enter = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs `unshare` and the right to mount in a namespace of one's own")
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in pristine.iterdir())
    program = f"""
import shutil
from pathlib import Path
from regard.bundle import load_bundle, save_bundle
from regard.errors import DiskFullError
model = Path({str(disk)!r}) / "model"
shutil.copytree({str(pristine)!r}, model)
bundle = load_bundle(model)
try:
    save_bundle(model, settings=bundle.settings, tokenizer=bundle.tokenizer, weights=bundle.weights(),
                facts=bundle.facts, replace=True)
except DiskFullError as error:
    print("full:", error)
load_bundle(model).weights()
print("intact:", sorted(path.name for path in model.parent.iterdir()))
"""
    mount = f'mount -t tmpfs -o size={size + 16384} none "$0" && exec "$1" -c "$2"'
    command = [*enter, "sh", "-c", mount, str(disk), sys.executable, program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "full: no space is left to write" in result.stdout, result.stderr
    assert "intact: ['model']" in result.stdout
