"""Under torchrun a run is a run: one writes, a killed process costs nothing, a stop saves, any number can go on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from regard.bundle import load_bundle
from regard.runs import resume
from regard.runs.folder import RunFolder
from regard.training import load_state

SETTINGS = [
    "--preset=tiny",
    "--source=n.en",
    "--target=n.fr",
    "text.vocab_size=310",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=32",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.batch_tokens=256",
    "training.max_steps=40",
    "training.validate_every=10",
    "training.keep_checkpoints=9",
    "training.valid_sentences=10",
    "training.log_every=1",
    "training.dtype=float32",
    "training.threads=1",
]
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("torchrun")
    for suffix, words in (("en", ENGLISH), ("fr", FRENCH)):
        lines = (" ".join(words[int(digit)] for digit in f"{number:03d}") for number in range(400))
        (folder / f"n.{suffix}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


@contextmanager
def torchrun(folder: Path, *command: str, restarts: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Two processes of ``regard train``."""
    with launched(folder, "-m", "regard", "train", *command, restarts=restarts) as run:
        yield run


@contextmanager
def launched(folder: Path, *command: str, restarts: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Two processes of any program."""
    options = ["--nproc-per-node=2", "--standalone", f"--max-restarts={restarts}", "--monitor-interval=0.1"]
    program = [sys.executable, "-m", "torch.distributed.run", *options, *command]
    quick = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        program, cwd=folder, env=quick, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        try:
            yield run
        finally:
            run.terminate()


def ended(run: subprocess.Popen[str]) -> tuple[str, str]:
    out, errors = run.communicate(timeout=400)
    return out, errors


def wait_for_step(run: Path, step: int) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if (run / "log.jsonl").exists() and f'"step": {step},' in (run / "log.jsonl").read_text(encoding="utf-8"):
            return
        time.sleep(0.02)
    raise AssertionError(f"{run} never came to step {step}")


def workers_of(launcher: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()]


def final_state(run: Path) -> dict[str, torch.Tensor]:
    progress, tensors = load_state(RunFolder(run).checkpoints()[-1])
    assert progress.step == 40
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("random")}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Path:
    with torchrun(folder, "--out=undisturbed", *SETTINGS) as run:
        out, errors = ended(run)
    assert run.returncode == 0, errors
    assert out.count("trained 40 steps") == 1
    assert errors.count("validated:") == 4
    return folder / "undisturbed"


def test_one_process_writes_a_run_like_any_other(undisturbed: Path) -> None:
    assert load_bundle(undisturbed / "model").facts.num_steps in (10, 20, 30, 40)
    steps = [json.loads(line) for line in (undisturbed / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["step"] for record in steps if record["kind"] == "step"] == list(range(1, 41))


@pytest.mark.guarantee(
    "A killed process of several: the launcher starts all again, and the run ends as if nothing had happened",
    area="training",
    control="test_another_number_of_processes_would_be_noticed",
)
def test_a_killed_process_costs_nothing(folder: Path, undisturbed: Path) -> None:
    with torchrun(folder, "--out=killed", *SETTINGS, restarts=1) as run:
        wait_for_step(folder / "killed", 14)
        os.kill(workers_of(run.pid)[-1], signal.SIGKILL)
        _, errors = ended(run)
    assert run.returncode == 0, errors
    assert "resuming after update" in errors
    assert same(final_state(folder / "killed"), final_state(undisturbed))


def test_another_number_of_processes_would_be_noticed(folder: Path, undisturbed: Path) -> None:
    """A stop saves; one process goes on with what two of them left, but draws dropout otherwise."""
    with torchrun(folder, "--out=stopped", *SETTINGS, "training.distribution=shards") as run:
        wait_for_step(folder / "stopped", 14)
        for worker in workers_of(run.pid):
            os.kill(worker, signal.SIGTERM)
        _, errors = ended(run)
    assert run.returncode != 0
    assert "exitcode  : 143" in errors
    saved = load_state(RunFolder(folder / "stopped").checkpoints()[-1])[0].step
    assert 14 <= saved < 40
    assert resume(folder / "stopped").steps == 40
    assert final_state(folder / "stopped").keys() == final_state(undisturbed).keys()
    assert not same(final_state(folder / "stopped"), final_state(undisturbed))


def test_all_processes_keep_their_pairs_of_an_update_that_became_non_finite(folder: Path) -> None:
    wild = ["training.learning_rate=1e30", "training.warmup_steps=0"]
    with torchrun(folder, "--out=wild", *SETTINGS, *wild) as run:
        _, errors = ended(run)
    assert "exitcode  : 5" in errors
    assert ".rank-*.json, all of them non-finite by themselves: it is the weights" in errors
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "wild/nonfinite").iterdir())]
    sources = [pair["source"] for record in kept for pair in record["pairs"]]
    assert len(kept) == 2
    assert all(record["pairs"] for record in kept)
    assert len(sources) == len(set(sources))
    assert f"Its {len(sources)} sentence pairs are in" in errors


def test_a_stopped_launcher_has_saved_and_says_143(folder: Path) -> None:
    program = [
        sys.executable,
        "-m",
        "regard",
        "train",
        "--processes=2",
        "--out=ended",
        *SETTINGS,
        "training.max_steps=4000",
    ]
    with subprocess.Popen(program, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        wait_for_step(folder / "ended", 3)
        run.terminate()
        _, errors = ended(run)
    assert run.returncode == 143, errors
    assert load_state(RunFolder(folder / "ended").checkpoints()[-1])[0].step >= 3


def test_what_is_wrong_is_said_once(folder: Path) -> None:
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "mine.txt").touch()
    with torchrun(folder, "--out=mine", *SETTINGS) as run:
        _, errors = ended(run)
    assert errors.count("exists already and is left as it is") == 1
    assert run.returncode != 0


OWN_COPY = """
import os
os.chdir(f"copy-{os.environ['RANK']}")
"""
UNLISTED = """
import os
from regard.runs.folder import RunFolder
if os.environ["RANK"] == "1":
    by_step = RunFolder.by_step
    RunFolder.by_step = lambda self: dict(list(by_step(self).items())[:-1])
"""
UNREADABLE = """
import os, pathlib
from regard.runs.folder import RunFolder
if os.environ["RANK"] == "1":
    opened = pathlib.Path.open
    def failing(path, *arguments, **named):
        if path.suffix == ".safetensors" and path.parent == latest:
            raise OSError(5, "Input/output error", str(path))
        return opened(path, *arguments, **named)
    latest = RunFolder(pathlib.Path("unreadable")).checkpoints()[-1]
    pathlib.Path.open = failing
"""


def where(difference: str, folder: Path, *command: str) -> tuple[int, str]:
    """Two processes of ``regard train``, of which one finds other files than the other; how that ended."""
    program = f"{difference}\nfrom regard.cli import main\nmain()"
    with launched(folder, "--no-python", sys.executable, "-c", program, "train", *command) as run:
        _, errors = ended(run)
    return run.returncode, errors


def test_processes_that_read_other_pairs_do_not_train(folder: Path) -> None:
    """A machine may have an old copy of the corpus; each process would train on its own, cut by its own subwords."""
    for rank, first in ((0, 0), (1, 20)):
        (folder / f"copy-{rank}").mkdir()
        for name in ("n.en", "n.fr"):
            lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
            (folder / f"copy-{rank}" / name).write_text("".join(lines[first:]), encoding="utf-8")
    code, errors = where(OWN_COPY, folder, "--out=../apart", *SETTINGS)
    assert code != 0
    assert "exitcode  : 4" in errors
    assert "compared with rank 0, there are other training pairs in rank 1; " in errors
    assert not (folder / "apart").exists()


def begun(undisturbed: Path, name: str) -> RunFolder:
    """A run that has not come to its end: its last checkpoint is missing."""
    run = RunFolder(Path(shutil.copytree(undisturbed, undisturbed.parent / name)))
    shutil.rmtree(run.checkpoints()[-1])
    assert len(run.checkpoints()) > 1
    return run


def test_a_checkpoint_that_one_process_does_not_see_listed_is_gone_on_from(folder: Path, undisturbed: Path) -> None:
    """Another machine may see the folder of the run as it was some seconds ago."""
    run = begun(undisturbed, "unlisted")
    code, errors = where(UNLISTED, folder, "--resume=unlisted")
    assert code == 0, errors
    assert same(final_state(run.root), final_state(undisturbed))


def test_a_checkpoint_that_only_another_process_cannot_read_is_left_where_it_is(
    folder: Path, undisturbed: Path
) -> None:
    run = begun(undisturbed, "unreadable")
    latest = run.checkpoints()[-1]
    code, errors = where(UNREADABLE, folder, "--resume=unreadable")
    assert code != 0
    assert f"{latest} cannot be read as a checkpoint: [Errno 5] Input/output error" in errors
    assert run.checkpoints()[-1] == latest
    assert not list(latest.parent.glob("damaged-*"))
