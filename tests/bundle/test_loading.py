"""Loading a model folder: each kind of damage and each kind of lie has its own message."""

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from regard.bundle import load_bundle, write_tensors
from regard.bundle.load import MODEL
from regard.errors import BundleError
from regard.settings import settings_to_json


def edit_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_run_folder_stands_for_its_model(model: Path) -> None:
    assert model.name == MODEL
    assert load_bundle(model.parent).folder == model


def test_a_link_to_a_model_is_a_model(model: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(model)
    assert load_bundle(tmp_path / "link").folder == model


def test_what_is_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"there is no model at .*nothing; train one with `regard train --out"):
        load_bundle(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match=r"file is a file, but the folder of a model or of a run is expected"):
        load_bundle(tmp_path / "file")
    with pytest.raises(BundleError, match=r"holds no model: it has no manifest.json, nor has its folder model"):
        load_bundle(tmp_path)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(tmp_path / ("x" * 300))
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(Path("nul\0l"))


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.model"])
def test_each_file_is_needed_whole_and_unchanged(model: Path, name: str) -> None:
    path = model / name
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match=rf"{name} has {len(data) - 1} bytes, but {len(data)} are expected; copy the"):
        load_bundle(model)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match=rf"{name} is damaged: its sha256 begins .* is expected; copy the whole"):
        load_bundle(model)
    path.unlink()
    with pytest.raises(BundleError, match=rf"{name} cannot be read: No such file or directory"):
        load_bundle(model)
    path.mkdir()
    with pytest.raises(BundleError, match=rf"{name} is not a regular file"):
        load_bundle(model)


def test_a_pipe_does_not_make_it_wait(model: Path) -> None:
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")
    with pytest.raises(BundleError, match=r"config.json is not a regular file"):
        load_bundle(model)


@pytest.mark.parametrize("name", ["config.json", "manifest.json"])
def test_links_out_of_the_folder_are_refused(model: Path, tmp_path: Path, name: str) -> None:
    (model / name).rename(tmp_path / name)
    (model / name).symlink_to(tmp_path / name)
    with pytest.raises(BundleError, match=rf"{name} leads outside the folder, to .*; put the file itself there"):
        load_bundle(model)


def test_links_in_circles_are_refused(model: Path) -> None:
    (model / "config.json").unlink()
    (model / "config.json").symlink_to(model / "config.json")
    with pytest.raises(BundleError, match=r"config.json cannot be read"):
        load_bundle(model)


def test_files_nobody_named_are_refused_but_hidden_ones_are_not(model: Path) -> None:
    (model / ".DS_Store").write_text("x")
    load_bundle(model)
    (model / "extra.bin").write_text("x")
    with pytest.raises(BundleError, match=r"holds 'extra.bin', which its manifest.json does not name; remove it"):
        load_bundle(model)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/file", "extra.bin", ".."])
def test_a_manifest_cannot_name_other_files(model: Path, seal, name: str) -> None:
    fact = {"bytes": 1, "sha256": "0" * 64}
    seal(model, lambda manifest: manifest["files"].update({name: fact}))
    with pytest.raises(BundleError, match=r"manifest.json names the file '.*', but a model has only model.safetensors"):
        load_bundle(model)


def test_a_manifest_must_name_every_file(model: Path, seal) -> None:
    seal(model, lambda manifest: manifest["files"].pop("config.json"))
    with pytest.raises(BundleError, match=r"manifest.json does not name config.json"):
        load_bundle(model)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda manifest: manifest.update(format="cake"), "describes a 'cake', but 'regard-model' is expected"),
        (
            lambda manifest: manifest.update(schema_version=2),
            "has schema version 2, but this Regard .* install a newer",
        ),
        (lambda manifest: manifest.update(schema_version=0), "is damaged at 'schema_version'"),
        (lambda manifest: manifest.update(schema_version="1"), "is not the manifest of a model"),
        (lambda manifest: manifest.update(more=1), "is damaged at 'more'"),
        (lambda manifest: manifest.pop("facts"), "is damaged at 'facts'"),
        (lambda manifest: manifest["facts"].update(num_steps=-1), "is damaged at 'facts.num_steps'"),
        (lambda manifest: manifest["files"]["config.json"].update(sha256="x"), "is damaged at 'files.config.json.sha2"),
        (lambda manifest: manifest["aliases"].update(a="b"), "tensor 'a' shares 'b', which cannot be"),
        (lambda manifest: manifest["aliases"].clear(), "'target_embedding.tokens.weight' is missing"),
    ],
)
def test_manifests_that_are_wrong(model: Path, seal, change: Callable[[dict[str, Any]], None], expected: str) -> None:
    seal(model, change)
    with pytest.raises(BundleError, match=expected):
        load_bundle(model)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"null", b'{"format": 1}'])
def test_manifests_that_are_none(model: Path, text: bytes) -> None:
    (model / "manifest.json").write_bytes(text)
    with pytest.raises(BundleError, match=r"manifest.json is not the manifest of a model; copy the whole folder again"):
        load_bundle(model)


def test_a_manifest_notices_damage_to_itself(model: Path) -> None:
    edit_json(model / "manifest.json", lambda manifest: manifest["facts"]["scores"][0].update(value=99.0))
    with pytest.raises(BundleError, match=r"manifest.json does not have the hash it states"):
        load_bundle(model)


def test_a_giant_manifest_is_not_read(model: Path) -> None:
    os.truncate(model / "manifest.json", 1 << 40)
    with pytest.raises(BundleError, match=r"manifest.json has 1099511627776 bytes, but at most 4194304 are expected"):
        load_bundle(model)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"model_dim": 16384}, "describes 300 pieces of 16384 features, which is more than model.safetensors holds"),
        ({"encoder_layers": 128}, "tensor 'encoder.1..* is missing"),
        ({"decoder_layers": 2}, "tensor 'decoder.1..* is missing"),
        ({"positions": "learned", "max_length": 1_000_000}, "positions.table' is missing"),
        ({"feedforward_dim": 65536}, r"has the shape \(8, 8\), but \(8, 65536\) is expected"),
        ({"tied_embeddings": "none"}, "tensor 'output.weight' is missing"),
        ({"norm": "post"}, "tensor 'decoder_norm.bias' is not part of such a network"),
        ({"num_heads": 3}, r"config.json cannot be used: .*num_heads must divide model_dim"),
        ({"model_dim": -8}, "config.json cannot be used: .*expected a whole number, at least 2"),
        ({"model_dim": 10**30}, "config.json cannot be used"),
        ({"colour": "red"}, "config.json cannot be used: .*unknown key model.colour"),
    ],
)
def test_settings_that_lie_about_the_weights(model: Path, seal, values: dict[str, Any], expected: str) -> None:
    edit_json(model / "config.json", lambda config: config["model"].update(values))
    seal(model)
    with pytest.raises(BundleError, match=expected):
        load_bundle(model)


def test_a_tokenizer_that_lies(model: Path, seal) -> None:
    (model / "tokenizer.model").write_bytes(b"not a tokenizer")
    seal(model)
    with pytest.raises(BundleError, match=r"tokenizer.model cannot be used"):
        load_bundle(model)


def test_weights_of_another_kind(model: Path, seal, parts) -> None:
    odd = parts.weights | {"encoder_norm.bias": torch.zeros(8, dtype=torch.int64)}
    write_tensors(model / "model.safetensors", odd)
    seal(model)
    with pytest.raises(BundleError, match=r"'encoder_norm.bias' is torch.int64, but a floating-point type is expected"):
        load_bundle(model)


def test_a_header_that_lies(model: Path, seal) -> None:
    data = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(data.replace(b'"shape":[8]', b'"shape":[9]', 1))
    seal(model)
    with pytest.raises(BundleError, match=r"model.safetensors is damaged: tensor .* needs 36 bytes for its shape"):
        load_bundle(model)


def test_weights_that_change_after_loading_are_noticed(model: Path) -> None:
    bundle = load_bundle(model)
    path = model / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match=r"model.safetensors has changed since it was checked; load the model again"):
        bundle.weights()
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match=r"holds .* bytes of tensors, where its header describes"):
        bundle.weights()
    path.unlink()
    with pytest.raises(BundleError, match=r"cannot be read: No such file or directory; load the model again"):
        bundle.weights()


def test_an_interrupted_replacement_falls_back_and_says_so(model: Path, caplog) -> None:
    model.rename(model.parent / ".model.previous")
    for folder in (model, model.parent):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            bundle = load_bundle(folder)
        assert bundle.folder == model.parent / ".model.previous"
        assert "was being replaced when the machine stopped: using the model from before" in bundle.notices[0]
        assert caplog.messages == list(bundle.notices)
        assert bundle.weights()


def test_a_model_replaced_while_it_is_read_is_read_again(model: Path, tmp_path: Path, parts, monkeypatch) -> None:
    better = parts.facts.model_copy(update={"num_steps": 99})
    calls = []

    def replacing(text: bytes, *, where: str) -> Any:
        calls.append(where)
        if len(calls) == 1:
            parts.save(model, facts=better, replace=True)
            return settings_to_json_broken()
        from regard.settings import settings_from_json

        return settings_from_json(text, where=where)

    def settings_to_json_broken() -> Any:
        raise BundleError("a mixture of two models")

    monkeypatch.setattr("regard.bundle.load.settings_from_json", replacing)
    assert load_bundle(model).facts.num_steps == 99
    assert len(calls) > 2


def test_loading_leaves_the_folder_as_it_was(model: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in model.iterdir()}
    load_bundle(model).weights()
    assert {path.name: path.stat().st_mtime_ns for path in model.iterdir()} == before


def test_settings_in_the_folder_are_those_of_settings_to_json(model: Path, parts) -> None:
    assert (model / "config.json").read_text() == settings_to_json(parts.settings)


def test_a_copy_is_as_good(model: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(model, tmp_path / "elsewhere")
    assert load_bundle(copied).manifest == load_bundle(model).manifest
