"""One process at a time works in a folder, and the second is told who the first is."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from regard.disk import held
from regard.errors import InUseError

HOLD = """
import sys
from pathlib import Path
from regard.disk import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def take(folder: Path) -> bool:
    with held(folder) as is_held:
        return is_held


def test_a_second_process_is_told_of_the_first_until_it_ends(tmp_path: Path) -> None:
    first = holder(tmp_path)
    with pytest.raises(InUseError, match=rf"is in use by process {first.pid} on .*, since 20.*; wait until it ends"):
        take(tmp_path)
    first.communicate("")
    assert take(tmp_path)


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    first = holder(tmp_path)
    first.kill()
    first.communicate()
    assert take(tmp_path)


def test_a_lock_nobody_signed_is_still_a_lock(tmp_path: Path) -> None:
    first = holder(tmp_path)
    (tmp_path / ".lock").write_text("?")
    with pytest.raises(InUseError, match="is in use by another process"):
        take(tmp_path)
    first.communicate("")


def test_a_file_system_without_locks_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", refuse)
    assert not take(tmp_path)
