"""``regard train``: what it says, what it leaves, and how it stops and goes on."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.cli.train import telling_how_to_resume

SMALL = [
    "text.vocab_size=300",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=16",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.threads=1",
    "training.dtype=float32",
    "training.batch_tokens=200",
]
LONG = ["training.max_steps=400", "training.validate_every=200", "training.log_every=1"]


def arguments(pair_files: tuple[Path, Path], out: Path, *overrides: str) -> list[str]:
    """A run on the two files that takes a second if it is not told to go on."""
    source, target = pair_files
    return ["train", "--source", str(source), "--target", str(target), "--out", str(out), *SMALL, *overrides]


def test_a_run_says_what_it_did(regard, pair_files, tmp_path: Path) -> None:
    run = tmp_path / "run"
    steps = ["training.max_steps=4", "training.validate_every=2"]
    outcome = regard(*arguments(pair_files, run, *steps), "--seed", 7, "--preset", "tiny")
    assert outcome.code == 0, outcome.err
    for words in ("40 pairs read", "weights, computing in float32", "step 2 validated: ", "BLEU", "(reference: "):
        assert words in outcome.err
    for words in ("trained 4 steps in 0:0", "best bleu", f"the model is in {run / 'model'}", "regard translate"):
        assert words in outcome.out
    assert {"model", "checkpoints", "log.jsonl", "curve.svg", "settings.toml"} <= {path.name for path in run.iterdir()}
    settings = (run / "settings.toml").read_text(encoding="utf-8")
    assert "seed = 7" in settings
    assert "model_dim = 16" in settings


def test_a_look_before_a_run_begins_none(regard, pair_files, tmp_path: Path) -> None:
    command = [*arguments(pair_files, tmp_path / "run"), "model.model_dim=32", "model.feedforward_dim=64", "--check"]
    good = regard(*command, "training.learning_rate=5e-3")
    assert good.code == 0, good.err + good.out
    for words in ("batch is learned", "gradients flow", "future leak", "without --check the same command begins it"):
        assert words in good.out
    assert "FAIL" not in good.out
    assert "held out to validate on" in good.err
    bad = regard(*command, "training.learning_rate=5")
    assert bad.code == 3
    assert "to do: it does not stay down: training.learning_rate = 5 is too high, try 0.5" in bad.out
    assert "checks failed: batch is learned, " in bad.err
    assert "The table says what to do" in bad.err
    assert not (tmp_path / "run").exists()


def test_a_folder_in_which_nothing_was_learned_may_be_begun_in(regard, pair_files, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / ".lock").touch()  # killed while it prepared
    nothing = regard("train", "--resume", run)
    assert nothing.code == 2
    assert "ended before its first checkpoint, so there is nothing to resume; begin it again" in nothing.err
    assert regard(*arguments(pair_files, run, "training.max_steps=1")).code == 0


def test_a_look_takes_nothing_that_is_there_and_no_other_processes(regard, pair_files, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").touch()
    there = regard(*arguments(pair_files, tmp_path / "run"), "--check")
    assert there.code == 2
    assert "exists already and is left as it is" in there.err
    wrong = regard("train", "--check", "--resume", tmp_path, "--processes", "2")
    assert wrong.code == 2
    assert "--check looks at a run that has not begun, in one process; leave out --resume, --processes" in wrong.err


def started_by_a_launcher(patch: pytest.MonkeyPatch, *, restarts: int) -> None:
    """From now on the environment is what ``torchrun --nproc-per-node 1 --max-restarts 3`` makes it."""
    for name in ("RANK", "LOCAL_RANK", "MASTER_PORT"):
        patch.setenv(name, "0")
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        patch.setenv(name, "1")
    patch.setenv("MASTER_ADDR", "localhost")
    patch.setenv("TORCHELASTIC_RUN_ID", "none")
    patch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))


def test_a_launcher_that_starts_again_goes_on_with_its_own_run(regard, pair_files, tmp_path: Path, monkeypatch) -> None:
    command = arguments(pair_files, tmp_path / "run", "training.max_steps=2")
    started_by_a_launcher(monkeypatch, restarts=0)
    assert regard(*command).code == 0
    assert "exists already" in regard(*command).err
    started_by_a_launcher(monkeypatch, restarts=1)
    again = regard(*command)
    assert again.code == 0, again.err
    assert "resuming after update 2" in again.err


def test_a_launcher_that_starts_again_leaves_alone_what_another_began(
    regard, pair_files, tmp_path: Path, monkeypatch
) -> None:
    run = tmp_path / "run"
    assert regard(*arguments(pair_files, run, "training.max_steps=2")).code == 0
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    started_by_a_launcher(monkeypatch, restarts=1)
    outcome = regard(*arguments(pair_files, run, "training.max_steps=4"))
    assert outcome.code == 2
    assert "exists already and is left as it is" in outcome.err
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_options_win_over_a_file_and_overrides_over_options(regard, pair_files, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[training]\nseed = 5\nepsilon = 0.5\nmax_steps = 1\n", encoding="utf-8")
    run = tmp_path / "run"
    given = ["--settings", tmp_path / "my.toml", "--seed", 6, "training.epsilon=0.25"]
    assert regard(*arguments(pair_files, run), *given).code == 0
    settings = (run / "settings.toml").read_text(encoding="utf-8")
    assert "seed = 6" in settings
    assert "epsilon = 0.25" in settings


def test_what_the_check_found_comes_first(regard, pair_files, tmp_path: Path) -> None:
    source, _ = pair_files
    source.write_text(source.read_text(encoding="utf-8").replace("one 7\n", "\n"), encoding="utf-8")
    outcome = regard(*arguments(pair_files, tmp_path / "run", "training.max_steps=1"))
    assert outcome.code == 0, outcome.err
    told = outcome.err.split("\n")
    assert told[:3] == [
        f"{source}: 40 pairs read, 39 kept",
        f"{source}: 1 left out: blank on one side (line 8)",
        "3 of them held out to validate on",
    ]


def test_a_table_may_come_through_a_pipe(regard, tmp_path: Path) -> None:
    table = "".join(f"one {number}\tun {number}\n" for number in range(40)).encode()
    given = ["--source", "-", "--out", tmp_path / "run", *SMALL]
    outcome = regard("train", *given, "training.max_steps=2", stdin=table)
    assert outcome.code == 0, outcome.err
    assert "standard input: 40 pairs read, 40 kept" in outcome.err
    assert regard("train", "--resume", tmp_path / "run", stdin=table).code == 0
    again = regard("train", "--resume", tmp_path / "run", stdin=b"")
    assert again.code == 2
    assert "standard input has 0 sentence pairs" in again.err


def steps_of(run: Path) -> list[int]:
    """The steps in the log of a run, in its order."""
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [record["step"] for record in map(json.loads, lines) if record["kind"] == "step"]


@pytest.fixture
def start() -> Iterator[object]:
    """Starts ``regard`` in a process of its own, and waits until it has trained for some steps."""
    processes: list[subprocess.Popen[str]] = []

    def run(command: list[str], out: Path) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "regard", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        deadline = time.monotonic() + 60
        while not ((out / "log.jsonl").exists() and len(steps_of(out)) >= 3):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_stopped_run_is_saved_and_goes_on(
    regard, start, pair_files, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    run = tmp_path / "run"
    process = start(arguments(pair_files, run, *LONG), run)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert f"the state after update {steps_of(run)[-1]:,} is saved; to go on: regard train --resume {run}" in err
    assert steps_of(run)[-1] < 400

    outcome = regard("train", "--resume", run)
    assert outcome.code == 0, outcome.err
    assert "trained 400 steps" in outcome.out
    assert steps_of(run) == list(range(1, 401))
    assert regard("translate", run, "--max-length", 5, stdin=b"one 1\n").out.count("\n") == 1


def test_a_run_that_is_stopped_at_once_claims_only_what_was_saved_before(tmp_path: Path, capsys) -> None:
    for step in (0, 1200):
        (tmp_path / "checkpoints" / f"step-{step:08d}").mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), telling_how_to_resume(tmp_path):
        raise KeyboardInterrupt
    told = capsys.readouterr().err
    assert told == f"the state after update 1,200 is saved; to go on: regard train --resume {tmp_path}\n"


def test_a_run_that_has_saved_nothing_says_nothing_of_going_on(tmp_path: Path, capsys) -> None:
    with pytest.raises(KeyboardInterrupt), telling_how_to_resume(tmp_path):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


def test_a_run_goes_on_and_is_saved_when_nobody_reads_what_it_says(start, pair_files, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start(arguments(pair_files, run, *LONG, "training.validate_every=20"), run)
    process.stderr.close()
    process.stdout.close()
    told = len(steps_of(run))
    deadline = time.monotonic() + 60
    while len(steps_of(run)) < told + 45:  # over two validations, which are told at once
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    reached = steps_of(run)[-1]
    assert (run / "checkpoints" / f"step-{reached:08d}").is_dir()


class FillingDisk:
    """Stands in for ``os.fsync``: works for a while, then no space is left."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.fsync = os.fsync

    def __call__(self, descriptor: int) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.fsync(descriptor)


@pytest.mark.parametrize("calls", [26, 32, 40])
def test_a_disk_that_fills_up_leaves_what_was_there(
    regard, pair_files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", FillingDisk(calls))
        outcome = regard(*arguments(pair_files, run, "training.max_steps=9", "training.validate_every=1"))
    assert outcome.code == 4, outcome.err
    assert len(outcome.messages) == 1
    assert "no space" in outcome.messages[0]
    assert "intact" in outcome.messages[0]

    assert regard("translate", run, "--max-length", 5, stdin=b"one 1\n").code == 0
    assert "trained 9 steps" in regard("train", "--resume", run).out


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB, where this may be made."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_is_too_small(regard, pair_files, small_disk: Path) -> None:
    outcome = regard(*arguments(pair_files, small_disk / "run", "training.max_steps=3", "model.feedforward_dim=4096"))
    assert outcome.code == 4, outcome.err
    assert len(outcome.messages) == 1
    assert "no space" in outcome.messages[0]


def test_training_that_diverges_has_its_exit_code(regard, pair_files, tmp_path: Path) -> None:
    wild = ["training.learning_rate=1e30", "training.warmup_steps=0", "training.clip_norm=none"]
    steps = ["training.max_steps=200", "training.schedule=constant"]
    outcome = regard(*arguments(pair_files, tmp_path / "run", *steps, *wild))
    assert outcome.code == 5, outcome.err
    assert len(outcome.messages) == 1
