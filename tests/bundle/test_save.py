"""Saving a model folder: what comes back, what is shared, what is never overwritten."""

import errno
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from regard.bundle import BundleFacts, load_bundle, save_bundle
from regard.errors import BundleError, MachineError, OutputExistsError
from regard.models import build_model
from regard.settings import ModelSettings, Settings
from regard.text import Tokenizer


def assert_same_weights(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    for name, tensor in left.items():
        assert torch.equal(tensor, right[name]), name


@pytest.mark.guarantee(
    "What is saved comes back, bit by bit",
    area="models",
    control="test_the_comparison_can_fail",
)
def test_everything_comes_back(parts, tmp_path: Path) -> None:
    bundle = load_bundle(parts.save(tmp_path / "model"))
    assert bundle.settings == parts.settings
    assert bundle.tokenizer == parts.tokenizer
    assert bundle.facts == parts.facts
    assert (bundle.manifest.source_language, bundle.manifest.target_language) == ("en", "fr")
    assert set(bundle.manifest.versions) == {"regard", "torch", "python"}
    assert bundle.notices == ()
    assert_same_weights(bundle.weights(), parts.weights)


def test_the_comparison_can_fail(parts, pristine: Path) -> None:
    weights = load_bundle(pristine).weights()
    weights["encoder_norm.weight"][0] += 1
    with pytest.raises(AssertionError, match=r"encoder_norm.weight"):
        assert_same_weights(weights, parts.weights)


def test_the_folder_holds_four_files_and_nothing_else(pristine: Path) -> None:
    names = {path.name for path in pristine.iterdir()}
    assert names == {"model.safetensors", "config.json", "tokenizer.model", "manifest.json"}
    assert [path.name for path in pristine.parent.iterdir()] == ["model"], "nothing is left beside it"


def test_the_weights_are_safetensors_for_everyone(parts, pristine: Path) -> None:
    theirs = safetensors.torch.load_file(pristine / "model.safetensors")
    for name, tensor in theirs.items():
        assert torch.equal(tensor, parts.weights[name])


def test_tied_weights_are_stored_once_and_come_back_tied(parts, pristine: Path) -> None:
    header_names = safetensors.torch.load_file(pristine / "model.safetensors").keys()
    assert "target_embedding.tokens.weight" not in header_names
    weights = load_bundle(pristine).weights()
    assert weights["target_embedding.tokens.weight"] is weights["source_embedding.tokens.weight"]


@pytest.mark.parametrize("tied", ["all", "target", "none"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary", "none"])
def test_every_kind_of_network_can_be_saved(parts, tmp_path: Path, tied: str, positions: str) -> None:
    shape = ModelSettings(
        model_dim=8,
        num_heads=2,
        feedforward_dim=8,
        encoder_layers=1,
        decoder_layers=2,
        tied_embeddings=tied,
        positions=positions,
        output_bias=True,
        embedding_norm=True,
        feedforward="swiglu",
    )
    network = build_model(shape, Tokenizer.from_bytes(parts.tokenizer).vocab_size)
    folder = parts.save(tmp_path / "m", settings=Settings(model=shape), weights=network.state_dict())
    assert_same_weights(load_bundle(folder).weights(), network.state_dict())


def test_saving_and_loading_draws_no_random_number(parts, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_bundle(parts.save(tmp_path / "model"))
    assert torch.equal(torch.rand(3), expected)


def test_a_model_is_not_overwritten_unless_asked(parts, model: Path) -> None:
    before = (model / "manifest.json").read_bytes()
    with pytest.raises(OutputExistsError, match=r"model is there already; name another folder, or ask to replace it"):
        parts.save(model)
    assert (model / "manifest.json").read_bytes() == before
    parts.save(model, facts=BundleFacts(num_steps=9), replace=True)
    assert load_bundle(model).facts.num_steps == 9
    assert [path.name for path in model.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("replace", [False, True])
def test_what_is_no_model_is_never_replaced(parts, tmp_path: Path, replace: bool) -> None:
    thesis = tmp_path / "home" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    with pytest.raises(OutputExistsError, match=r"home is"):
        parts.save(thesis.parent, replace=replace)
    with pytest.raises(OutputExistsError, match=r"thesis.txt is"):
        parts.save(thesis, replace=replace)
    assert thesis.read_text() == "years of work"


@pytest.mark.parametrize("replace", [False, True])
def test_an_empty_folder_may_become_a_model(parts, tmp_path: Path, replace: bool) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert load_bundle(parts.save(folder, replace=replace)).settings == parts.settings


def test_weights_that_do_not_belong_are_refused_and_leave_nothing(parts, tmp_path: Path) -> None:
    fewer = {name: tensor for name, tensor in parts.weights.items() if name != "encoder_norm.bias"}
    with pytest.raises(BundleError, match=r"tensor 'encoder_norm.bias' is missing"):
        parts.save(tmp_path / "m", weights=fewer)
    with pytest.raises(BundleError, match=r"cannot be used"):
        parts.save(tmp_path / "m", tokenizer=b"no tokenizer")
    assert list(tmp_path.iterdir()) == []


def test_weights_of_no_known_type_are_refused(parts, tmp_path: Path) -> None:
    odd = parts.weights | {"encoder_norm.bias": torch.zeros(8, dtype=torch.complex64)}
    with pytest.raises(ValueError, match=r"'encoder_norm.bias' is torch.complex64, which a model file cannot hold"):
        parts.save(tmp_path / "m", weights=odd)


def test_half_precision_weights_come_back_as_they_were(parts, tmp_path: Path) -> None:
    half = {name: tensor.bfloat16() for name, tensor in parts.weights.items()}
    bundle = load_bundle(parts.save(tmp_path / "m", weights=half))
    assert_same_weights(bundle.weights(), half)


def test_the_manifest_can_be_read_by_people(pristine: Path) -> None:
    manifest = json.loads((pristine / "manifest.json").read_text())
    assert manifest["facts"]["scores"] == [{"metric": "bleu", "value": 12.5, "signature": "nrefs:1", "data": ""}]
    assert manifest["files"]["config.json"]["bytes"] == (pristine / "config.json").stat().st_size


def test_paths_may_be_symbolic_links(parts, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save_bundle(tmp_path / "link" / "model", **vars(parts))
    parts.save(tmp_path / "link" / "model", replace=True)
    assert load_bundle(tmp_path / "real").settings == parts.settings


def test_a_disk_that_does_not_give_back_what_it_took_is_to_blame(
    parts, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr("regard.bundle.load.seal_of", failing)
    with pytest.raises(MachineError, match=r"model cannot be written: Input/output error \(.*model.safetensors\)"):
        parts.save(model, replace=True)
    monkeypatch.undo()
    assert_same_weights(load_bundle(model).weights(), parts.weights)
