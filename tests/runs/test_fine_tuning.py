"""Going on from a trained model: its weights and subwords are kept, and nothing may contradict them."""

from pathlib import Path

import pytest
import torch

from regard.bundle import load_bundle
from regard.errors import BundleError, SettingsError
from regard.runs import plan_run, resume, train
from regard.runs.folder import RunFolder
from regard.settings import Settings, load_settings
from regard.text import Tokenizer
from regard.training import Silent, load_state

CORPUS = [f"{a} {b} {c}\t{c} {b} {a}" for a in "abcde" for b in "fghij" for c in "klmno"]
SHAPE = [
    "text.vocab_size=300",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=32",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
]
COURSE = ["training.max_steps=6", "training.validate_every=3", "training.threads=1", "training.dtype=float32"]


def corpus_in(folder: Path) -> str:
    (folder / "pairs.tsv").write_text("\n".join(CORPUS) + "\n", encoding="utf-8")
    return f"data.source={folder / 'pairs.tsv'}"


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six updates."""
    folder = tmp_path_factory.mktemp("parent")
    train(load_settings(None, [corpus_in(folder), *SHAPE, *COURSE]), folder / "run")
    return folder / "run"


def fine_tuning(parent: Path, folder: Path, *more: str) -> Settings:
    return plan_run(None, [corpus_in(folder), *COURSE, f"training.init={parent}", *more]).settings


def beginning_of(run: Path) -> dict[str, torch.Tensor]:
    return load_state(RunFolder(run).checkpoint(0))[1]


class Notes(Silent):
    """Remembers what was validated."""

    def __init__(self) -> None:
        self.validated_at: list[int] = []

    def validated(self, report: object) -> None:
        self.validated_at.append(report.step)  # type: ignore[attr-defined]


def test_the_network_begins_with_the_models_weights_and_keeps_its_subwords(parent: Path, tmp_path: Path) -> None:
    notes = Notes()
    train(fine_tuning(parent, tmp_path, "training.keep_checkpoints=9"), tmp_path / "run", reporter=notes)
    before, after = load_bundle(parent), load_bundle(tmp_path / "run")
    weights = before.weights()
    begun = beginning_of(tmp_path / "run")
    assert all(torch.equal(tensor, weights[name[8:]]) for name, tensor in begun.items() if name.startswith("weights:"))
    assert all(torch.equal(tensor, weights[name[8:]]) for name, tensor in begun.items() if name.startswith("average:"))
    assert after.tokenizer == before.tokenizer
    assert after.facts.began_from == before.weights_sha256
    assert before.facts.began_from is None
    assert notes.validated_at == [0, 3, 6], "the model is scored as it was before, too"


def test_settings_come_from_the_model_and_suit_fine_tuning(parent: Path, tmp_path: Path) -> None:
    settings = fine_tuning(parent, tmp_path, "model.dropout=0.2", "text.sampling=0.1")
    assert settings.model.model_dim == 16
    assert settings.model.dropout == 0.2
    assert settings.text.vocab_size == 300
    assert settings.training.learning_rate == 3e-4
    assert settings.training.batch_tokens == 1024, "as the presets do for so few pairs"


def test_everything_that_contradicts_the_model_is_listed(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        fine_tuning(parent, tmp_path, "model.model_dim=32", "text.kind=unigram", "model.num_heads=2", "training.oops=1")
    message = str(caught.value)
    assert "model.model_dim = 32, but the model" in message
    assert "has 16, and training goes on from it; leave model.model_dim out" in message
    assert 'text.kind = "unigram"' in message
    assert "num_heads" not in message, "saying the same once more is no contradiction"
    assert "unknown key training.oops" in message


def test_a_preset_cannot_shape_a_network_that_is_there(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"preset small shapes a new network, but training is to go on from"):
        plan_run(None, [corpus_in(tmp_path), f"training.init={parent}"], preset="small")


def test_settings_made_by_hand_must_describe_the_model(parent: Path, tmp_path: Path) -> None:
    other = load_settings(None, [corpus_in(tmp_path), *SHAPE, f"training.init={parent}", "model.model_dim=32"])
    with pytest.raises(SettingsError, match=r"settings: model.model_dim = 32, but the model"):
        train(other, tmp_path / "run")
    same = fine_tuning(parent, tmp_path)
    with pytest.raises(SettingsError, match=r"other subwords were given than those of the model .*; leave them out"):
        train(same, tmp_path / "run", tokenizer=Tokenizer.train(CORPUS, kind="bpe", vocab_size=300))
    assert not (tmp_path / "run").exists()


def test_there_must_be_a_model(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"there is no model at .*nowhere"):
        fine_tuning(tmp_path / "nowhere", tmp_path)


def test_resuming_needs_the_model_no_more(parent: Path, tmp_path: Path) -> None:
    settings = fine_tuning(parent, tmp_path)
    train(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    whole = load_state(folder.checkpoint(6))[1]
    folder.set_aside(folder.checkpoint(6))
    text = folder.settings.read_text().replace(str(parent), str(tmp_path / "gone"))
    folder.settings.write_text(text)
    resume(tmp_path / "run")
    again = load_state(folder.checkpoint(6))[1]
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())
    assert load_bundle(tmp_path / "run").facts.began_from == load_bundle(parent).weights_sha256
