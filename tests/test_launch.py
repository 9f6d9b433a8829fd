"""How many cores there are, whether the system says it or not; and which launcher started a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regard.launch import launcher, num_cores


def test_cores_are_those_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert num_cores() == 3


def test_all_cores_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert num_cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert num_cores() == 1


CALL = "from regard.launch import launcher; print(launcher())"


def told_by(*command: str) -> str:
    """What a process says that a command starts."""
    environment = {**os.environ, "TORCHELASTIC_RUN_ID": "none"}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_a_launcher_is_the_same_for_all_it_starts_and_no_other_although_every_run_is_called_none() -> None:
    here = [told_by(sys.executable, "-c", CALL) for _ in range(2)]
    elsewhere = told_by("sh", "-c", f"{sys.executable} -c '{CALL}'; true")
    assert here[0] == here[1] != elsewhere
    assert {told.partition(" ")[0] for told in (*here, elsewhere)} == {"none"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not say when a process began")
def test_a_launcher_is_known_by_when_it_began_too_since_numbers_of_processes_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = launcher({"TORCHELASTIC_RUN_ID": "none"})
    began = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", lambda _: began.replace(began.split()[21], "1").encode())
    assert launcher({"TORCHELASTIC_RUN_ID": "none"}) != told


@pytest.mark.parametrize(("run", "machines", "is_shared"), [("mine", 2, True), ("none", 2, False), ("mine", 1, False)])
def test_launchers_of_several_machines_share_what_their_run_is_called(run: str, machines: int, is_shared: bool) -> None:
    environment = dict.fromkeys(("RANK", "LOCAL_RANK", "MASTER_PORT"), "0") | {"MASTER_ADDR": "first"}
    environment |= {"WORLD_SIZE": str(2 * machines), "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": run}
    assert (launcher(environment) == run) is is_shared


def test_without_a_launcher_there_is_none_to_name() -> None:
    assert launcher({}) == ""
