"""Going on from a trained model: its weights and subwords are kept, and nothing may contradict them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.bundle import load_bundle
from regard.errors import BundleError, SettingsError
from regard.models import load_weights, merged_state
from regard.runs import plan_run, resume, train
from regard.runs.beginning import restrict
from regard.runs.folder import RunFolder
from regard.runs.setup import new_model
from regard.settings import Settings, load_settings
from regard.text import Tokenizer
from regard.training import Silent, batch_loss, load_state

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


class Killed(Silent):
    """Ends the run as a kill would, in the first validation: nothing is saved any more."""

    def validated(self, report: object) -> None:
        raise SystemError("killed")


def test_one_killed_in_its_first_validation_makes_it_again(parent: Path, tmp_path: Path) -> None:
    ruinous = fine_tuning(parent, tmp_path, "training.learning_rate=10.0", "training.valid_metric=loss")
    with pytest.raises(SystemError, match="killed"):
        train(ruinous, tmp_path / "run", reporter=Killed())
    notes = Notes()
    result = resume(tmp_path / "run", reporter=notes)
    assert notes.validated_at == [0, 3, 6]
    assert result.best_step == 0, "what comes out is never worse than what went in"


def test_frozen_parts_stay_to_the_bit_and_the_others_move(parent: Path, tmp_path: Path) -> None:
    parts = '["embeddings", "decoder.layers.0.cross", "*.bias"]'
    train(fine_tuning(parent, tmp_path, f"training.freeze={parts}"), tmp_path / "run")
    before, after = load_bundle(parent).weights(), load_state(RunFolder(tmp_path / "run").checkpoint(6))[1]
    same = {name for name, tensor in before.items() if torch.equal(tensor, after.get(f"weights:{name}", tensor))}
    assert {name for name in before if "embedding" in name or ".cross." in name or name.endswith(".bias")} == same
    assert "encoder.0.attention.project.weight" not in same


def test_what_cannot_be_frozen_is_said(parent: Path, tmp_path: Path) -> None:
    words = (
        r"no weight of this network is in 'encodr', 'decoder.layers.7'; there are decoder, .*such as decoder.layers.0"
    )
    with pytest.raises(SettingsError, match=words):
        train(
            fine_tuning(parent, tmp_path, 'training.freeze=["encodr", "encoder", "decoder.layers.7"]'), tmp_path / "a"
        )
    with pytest.raises(SettingsError, match=r"leaves nothing to train; leave one of them out"):
        train(fine_tuning(parent, tmp_path, 'training.freeze=["*"]'), tmp_path / "b")


LORA = ["training.lora_rank=2", "training.lora_alpha=8"]


def test_low_rank_changes_are_merged_into_an_ordinary_model(parent: Path, tmp_path: Path) -> None:
    settings = fine_tuning(parent, tmp_path, *LORA, "training.learning_rate=0.01", "training.ema_decay=none")
    train(settings, tmp_path / "run")
    before, after = load_bundle(parent).weights(), load_bundle(tmp_path / "run")
    state = load_state(RunFolder(tmp_path / "run").checkpoint(6))[1]
    unmerged = new_model(settings, len(before["source_embedding.tokens.weight"]))
    assert restrict(unmerged, settings.training) is not None
    load_weights(unmerged, {name[8:]: tensor for name, tensor in state.items() if name.startswith("weights:")})
    merged = merged_state(unmerged)
    assert merged.keys() == after.weights().keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], merged[name])}
    assert changed == {name for name in before if (".attention." in name or ".cross." in name) and "weight" in name}
    name = "encoder.0.attention.project.weight"
    assert int(torch.linalg.matrix_rank((merged[name] - before[name]).double(), atol=1e-6, rtol=0)) == 2


def test_merged_and_unmerged_compute_the_same(parent: Path, tmp_path: Path) -> None:
    settings = fine_tuning(parent, tmp_path, *LORA)
    unmerged, plain = (new_model(settings, 300).double().eval() for _ in range(2))
    unmerged.compute_dtype = plain.compute_dtype = torch.float64
    restrict(unmerged, settings.training)
    with torch.no_grad():
        for name, weight in unmerged.named_parameters():
            if name.endswith(".up"):
                weight.normal_()
    plain.load_state_dict(merged_state(unmerged))
    batch = make_batch(EncodedPairs(Ragged.of([[5, 6], [7]]), Ragged.of([[8], [9, 10]])), np.arange(2))
    first, second = (batch_loss(one, batch, smoothing=0.0) for one in (unmerged, plain))
    torch.testing.assert_close(first, second, rtol=1e-12, atol=0)


def test_a_low_rank_run_resumes_with_the_same_bits(parent: Path, tmp_path: Path) -> None:
    settings = fine_tuning(parent, tmp_path, *LORA, "model.dropout=0.2")
    train(settings, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    whole = load_state(folder.checkpoint(6))[1]
    folder.set_aside(folder.checkpoint(6))
    resume(tmp_path / "run")
    again = load_state(folder.checkpoint(6))[1]
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())
    assert any("parametrizations" in name for name in whole)


def test_low_rank_settings_that_make_no_sense_are_said(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"lora_rank changes a trained model a little, so it needs one: give init"):
        load_settings(None, ["training.lora_rank=2"])
    with pytest.raises(SettingsError, match=r"with lora_rank everything else stays as it is; leave freeze out"):
        fine_tuning(parent, tmp_path, *LORA, 'training.freeze=["encoder"]')
    with pytest.raises(SettingsError, match=r"narrow matrices are trained with AdamW; leave optimizer out"):
        fine_tuning(parent, tmp_path, *LORA, "training.optimizer=muon")
    wrong = fine_tuning(parent, tmp_path, *LORA, 'training.lora_matrices=["encoder", "embeddings"]')
    with pytest.raises(SettingsError, match=r"no matrix of this network is in 'embeddings'; there are .*project"):
        train(wrong, tmp_path / "run")


def test_a_run_that_is_shorter_than_its_measurement_is_validated_at_its_end(parent: Path, tmp_path: Path) -> None:
    course = ["training.threads=1", "training.dtype=float32", "training.max_steps=4", "training.max_minutes=5"]
    chosen = [corpus_in(tmp_path), *course, f"training.init={parent}", "training.learning_rate=0.02"]
    settings = plan_run(None, [*chosen, "training.valid_metric=loss"]).settings
    notes = Notes()
    result = train(settings, tmp_path / "run", reporter=notes)
    assert notes.validated_at == [0, 4]
    assert result.best_step == 4
    assert load_bundle(tmp_path / "run").facts.scores


def test_validations_that_are_asked_for_come_while_the_time_is_measured(parent: Path, tmp_path: Path) -> None:
    course = ["training.threads=1", "training.max_steps=4", "training.max_minutes=5", "training.validate_every=2"]
    notes = Notes()
    chosen = [corpus_in(tmp_path), *course, f"training.init={parent}"]
    train(plan_run(None, chosen).settings, tmp_path / "run", reporter=notes)
    assert notes.validated_at == [0, 2, 4]
