"""What a run leaves on disk survives damage, a disk that fails for a while, and a second process."""

import errno
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from regard.bundle import load_bundle
from regard.disk import LOCK
from regard.errors import BundleError, DivergedError, InUseError, MachineError, OutputExistsError
from regard.runs import keeping as keeping_file
from regard.runs import resume, train
from regard.runs.folder import RunFolder
from regard.runs.keeping import Keeping
from regard.runs.shortlist import add_shortlist
from regard.settings import Settings, load_settings
from regard.training import Progress, Silent, load_state, save_state

LINES = [f"{a} {b} {c}\t{c} {b} {a}" for a in "abcde" for b in "fghij" for c in "klmno"]
SETTINGS = [
    "text.vocab_size=300",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=32",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.batch_tokens=256",
    "training.max_steps=9",
    "training.validate_every=3",
    "training.threads=1",
    "training.dtype=float32",
]


def settings_in(folder: Path, *more: str) -> Settings:
    (folder / "pairs.tsv").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return load_settings(None, [f"data.source={folder / 'pairs.tsv'}", *SETTINGS, *more])


class Notes(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)

    def saying(self, words: str) -> list[str]:
        return [note for note in self.notes if words in note]


def assert_same_state(left: Path, right: Path) -> None:
    first, second = load_state(left)[1], load_state(right)[1]
    assert first.keys() == second.keys()
    assert [name for name, tensor in first.items() if not torch.equal(tensor, second[name])] == []


def failing(monkeypatch: pytest.MonkeyPatch, name: str, *, calls: range) -> None:
    """Some calls of a function meet a full disk."""
    real: Callable[..., Any] = getattr(keeping_file, name)
    seen = []

    def sometimes(*arguments: Any, **named: Any) -> Any:
        seen.append(name)
        if len(seen) - 1 in calls:
            raise MachineError("no space is left to write it")
        return real(*arguments, **named)

    monkeypatch.setattr(keeping_file, name, sometimes)


@pytest.mark.guarantee(
    "A checkpoint that was damaged is noticed, said, and the one before it is used: the run ends with the same bits",
    area="training",
    control="test_a_checkpoint_that_is_not_checked_would_be_used",
)
def test_a_damaged_checkpoint_is_fallen_back_from(tmp_path: Path) -> None:
    train(settings_in(tmp_path), tmp_path / "run")
    folder, notes = RunFolder(tmp_path / "run"), Notes()
    shutil.copytree(folder.checkpoint(9), tmp_path / "whole")
    flip_a_bit(folder.checkpoint(9) / "state.safetensors")
    resume(tmp_path / "run", reporter=notes)
    assert notes.saying("step-00000009 cannot be read as a checkpoint: has changed since it was checked")
    assert notes.saying("kept as damaged-step-00000009, and the one before it is used")
    assert notes.saying("resuming after update 6")
    assert_same_state(tmp_path / "whole", folder.checkpoint(9))


def test_without_any_sound_checkpoint_every_problem_is_said(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (1, 2):
        save_state(folder.checkpoint(step), Progress(step=step), {"weights:w": torch.zeros(1000)})
        flip_a_bit(folder.checkpoint(step) / "state.safetensors")
    with pytest.raises(BundleError, match=r"step-00000002 cannot be read .*; .*step-00000001 cannot be read"):
        _keeping_of(folder).restore_latest()


def _keeping_of(folder: RunFolder) -> Keeping:
    """What keeps a run, without a trainer, which is not asked before a checkpoint was read."""
    made = object.__new__(Keeping)
    made.folder, made.reporter = folder, Silent()
    return made


def flip_a_bit(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[-1000] ^= 1
    path.write_bytes(contents)


def test_a_checkpoint_that_is_not_checked_would_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from regard.bundle import read_tensors

    found = {}

    def trusting(path: Path, *, sha256: str) -> dict[str, torch.Tensor]:
        from regard.disk import seal_of

        found["asked"] = sha256
        return read_tensors(path, sha256=seal_of(path).sha256)

    monkeypatch.setattr("regard.training.state.read_tensors", trusting)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_damaged_checkpoint_is_fallen_back_from(tmp_path)
    assert found


@pytest.mark.guarantee(
    "A disk that is full for a while does not end a run: what was there stays, and the next save tries again",
    area="training",
    control="test_without_a_second_try_the_run_would_end",
)
def test_a_save_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "save_state", calls=range(1, 3))  # the first, before any update, is made
    notes = Notes()
    train(settings_in(tmp_path, "training.ema_decay=none"), tmp_path / "run", reporter=notes)
    assert len(notes.saying("Training goes on, and the next save tries again")) == 2
    assert list(RunFolder(tmp_path / "run").by_step()) == [0, 9]


def test_without_a_second_try_the_run_would_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(self: Keeping, error: MachineError) -> None:
        raise error

    monkeypatch.setattr(Keeping, "_go_on", give_up)
    with pytest.raises(MachineError, match="no space is left to write it"):
        test_a_save_that_fails_is_tried_again(tmp_path, monkeypatch)


def test_a_last_save_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "save_state", calls=range(1, 99))
    with pytest.raises(MachineError, match="no space is left to write it"):
        train(settings_in(tmp_path), tmp_path / "run")
    assert list(RunFolder(tmp_path / "run").by_step()) == [0]
    monkeypatch.undo()
    assert resume(tmp_path / "run").steps == 9


def test_a_model_that_cannot_be_written_is_held_and_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = train(settings_in(tmp_path), tmp_path / "plain")
    failing(monkeypatch, "save_bundle", calls=range(2))  # at the first validation, and at the save behind it
    notes = Notes()
    result = train(settings_in(tmp_path), tmp_path / "run", reporter=notes)
    assert len(notes.saying("Training goes on")) == 2
    assert result.best_step == plain.best_step
    assert load_bundle(tmp_path / "run").weights_sha256 == load_bundle(tmp_path / "plain").weights_sha256


def test_a_shortlist_stays_when_the_model_of_a_run_that_has_ended_is_written_again(tmp_path: Path) -> None:
    train(settings_in(tmp_path, "training.max_steps=1"), tmp_path / "run")
    learned = add_shortlist(tmp_path / "run")
    bundle, keeping = load_bundle(tmp_path / "run"), _keeping_of(RunFolder(tmp_path / "run"))
    keeping.settings, keeping.tokenizer = bundle.settings, bundle.tokenizer
    keeping.annotate(bundle, bundle.facts.model_copy(update={"num_steps": 7}))
    again = load_bundle(tmp_path / "run")
    assert again.facts.num_steps == 7
    assert again.shortlist is not None
    assert again.shortlist.translations.tolist() == learned.translations.tolist()


def test_old_checkpoints_that_cannot_be_removed_do_not_end_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Path, pattern: str) -> list[Path]:
        raise OSError(errno.EIO, "Input/output error", str(self))

    folder = RunFolder(tmp_path)
    for step in (1, 2, 3):
        save_state(folder.checkpoint(step), Progress(step=step), {"weights:w": torch.zeros(1)})
    with monkeypatch.context() as broken:
        broken.setattr(Path, "glob", failing)
        folder.forget_old_checkpoints(2)
    assert list(folder.by_step()) == [1, 2, 3]
    folder.forget_old_checkpoints(2)
    assert list(folder.by_step()) == [2, 3]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tokenizer.model", None, r"tokenizer.model cannot be used \(No such file or directory\), and without it"),
        ("tokenizer.model", b"x", r"tokenizer.model cannot be used \(this is not a tokenizer file"),
        (
            "data.json",
            None,
            r"data.json cannot be used \(No such file or directory\), and without it the run cannot go on",
        ),
        ("data.json", b"{", r"data.json cannot be used \(Expecting property name .*; restore it, or start a new run"),
        ("data.json", b"[]", r"data.json cannot be used \(list indices"),
        ("data.json", b'{"num_pairs": 1e999}', r"data.json cannot be used \(cannot convert float infinity"),
    ],
)
def test_what_a_run_cannot_go_on_without_is_named(name: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    train(settings_in(tmp_path, "training.max_steps=1"), tmp_path / "run")
    (tmp_path / "run" / name).unlink()
    if content is not None:
        (tmp_path / "run" / name).write_bytes(content)
    with pytest.raises(BundleError, match=words):
        resume(tmp_path / "run")


@pytest.mark.parametrize("left", ["lock", "settings"])
def test_a_run_that_ended_before_its_first_checkpoint_is_begun_again_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    run = tmp_path / "run"
    if left == "lock":  # killed while it prepared
        run.mkdir()
        (run / LOCK).touch()
    else:  # no space for the first checkpoint
        failing(monkeypatch, "save_state", calls=range(1))
        with pytest.raises(MachineError, match="no space is left"):
            train(settings_in(tmp_path), run)
        monkeypatch.undo()
    with pytest.raises(BundleError, match="ended before its first checkpoint, so there is nothing to resume; begin it"):
        resume(run)
    assert train(settings_in(tmp_path, "training.max_steps=2"), run).steps == 2
    with pytest.raises(OutputExistsError, match="exists already and is left as it is"):
        train(settings_in(tmp_path), run)


@pytest.mark.parametrize(
    "names",
    [[".lock", "mine.txt"], ["settings.toml"], [".lock", "checkpoints/step-00000000/"], [".lock", "model/"]],
    ids=" ".join,
)
def test_what_somebody_wrote_or_a_run_learned_is_no_place_to_begin(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    with pytest.raises(OutputExistsError, match="exists already and is left as it is"):
        RunFolder.create(tmp_path)


def test_what_a_run_leaves_that_is_killed_while_it_writes_its_beginning_is_a_place_to_begin(tmp_path: Path) -> None:
    for name in (
        ".lock",
        ".launcher",
        "tokenizer.model",
        ".settings.toml.0123abcd.writing",
        "checkpoints/.step-00000000.0123abcd.writing/state",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert RunFolder.create(tmp_path).is_unused
    RunFolder(tmp_path).forget_if_nothing_began()
    assert (tmp_path / ".lock").exists()


HOLD = """
import sys
from pathlib import Path
from regard.disk import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_kept_out_of_a_run(tmp_path: Path) -> None:
    train(settings_in(tmp_path), tmp_path / "run")
    command = [sys.executable, "-c", HOLD, tmp_path / "run"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(InUseError, match=rf"run is in use by process {first.pid} on "):
            resume(tmp_path / "run")
        first.communicate("")


@pytest.mark.guarantee(
    "A batch that makes training non-finite is kept, with the loss of each of its pairs",
    area="training",
    control="test_a_batch_that_is_not_kept_is_missed",
)
def test_what_made_training_non_finite_is_kept(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "training.learning_rate=1e30", "training.warmup_steps=0")
    words = r"the loss is .* the gradient's norm .*Its \d+ sentence pairs are in .*step-0000000\d.json, .*the weights"
    with pytest.raises(DivergedError, match=words):
        train(settings, tmp_path / "run")
    (kept,) = (tmp_path / "run" / "nonfinite").iterdir()
    record = json.loads(kept.read_text())
    assert "non-finite" in record["message"] or "nan" in record["message"]
    assert {line.partition("\t")[0] for line in LINES} >= {pair["source"] for pair in record["pairs"]}
    assert all(pair["loss"] is None for pair in record["pairs"])
    weights = load_state(RunFolder(tmp_path / "run").checkpoint(0))[1]
    assert all(bool(tensor.isfinite().all()) for name, tensor in weights.items() if name.startswith("weights:"))


def test_a_batch_that_is_not_kept_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("regard.runs.train")  # the package has a function of this name
    monkeypatch.setattr(module, "keep_batches", lambda *arguments, **named: "Its 3 sentence pairs are gone")
    with pytest.raises(AssertionError, match="Regex pattern did not match"):
        test_what_made_training_non_finite_is_kept(tmp_path)
