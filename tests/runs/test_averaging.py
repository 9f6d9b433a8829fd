"""The mean of checkpoints: damaged ones are left out, and low-rank changes count as what they add to the weights."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from regard.models import AnyModel, add_low_rank, build_model, merged_state, weights_of
from regard.runs.averaging import mean_of_checkpoints
from regard.runs.folder import RunFolder
from regard.settings import load_settings
from regard.training import Progress, lent, mean_of, save_state

SHAPE = ["model_dim=16", "num_heads=2", "feedforward_dim=32", "encoder_layers=1", "decoder_layers=1"]


def small_model() -> AnyModel:
    return build_model(load_settings(None, [f"model.{each}" for each in SHAPE]).model, 300, seed=1)


def drawn(model: AnyModel, folder: RunFolder, *, steps: range) -> list[dict[str, Tensor]]:
    """Checkpoints of random weights, and their weights."""
    many = []
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        many.append({name: torch.randn(one.shape, generator=generator) for name, one in weights_of(model).items()})
        state = {f"weights:{name}": tensor for name, tensor in many[-1].items()}
        save_state(folder.checkpoint(step), Progress(step=step), state)
    return many


def test_a_damaged_checkpoint_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    folder, model, told = RunFolder(tmp_path), small_model(), list[str]()
    first, _, last = drawn(model, folder, steps=range(1, 4))
    damage(folder.checkpoint(2))
    found = mean_of_checkpoints(folder, [1, 2, 3], model, tell=told.append)
    assert found is not None
    mean, count = found
    assert count == 2
    assert all(torch.equal(mean[name], tensor) for name, tensor in mean_of([first, last]).items())
    (sentence,) = told
    assert "step-00000002 cannot be read as a checkpoint" in sentence
    assert sentence.endswith("it is left out of the mean")
    damage(folder.checkpoint(1))
    assert mean_of_checkpoints(folder, [1, 2, 3], model, tell=told.append) is None


def damage(checkpoint: Path) -> None:
    contents = bytearray((checkpoint / "state.safetensors").read_bytes())
    contents[-1000] ^= 1
    (checkpoint / "state.safetensors").write_bytes(contents)


def merged_with(model: AnyModel, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    with lent(model, weights):
        return {name: tensor.clone() for name, tensor in merged_state(model).items()}


def test_low_rank_changes_are_averaged_as_what_they_add(tmp_path: Path) -> None:
    folder, model = RunFolder(tmp_path), small_model()
    add_low_rank(model, rank=2, alpha=8.0, matrices=["*.attention.*"])
    many = drawn(model, folder, steps=range(1, 4))
    found = mean_of_checkpoints(folder, [1, 2, 3], model, tell=pytest.fail)
    assert found is not None
    expected = mean_of([merged_with(model, weights) for weights in many])
    for name, tensor in merged_with(model, found[0]).items():
        torch.testing.assert_close(tensor, expected[name])
    of_factors = merged_with(model, mean_of(many))  # what it must not be
    assert not torch.allclose(
        of_factors["encoder.0.attention.project.weight"], expected["encoder.0.attention.project.weight"]
    )
