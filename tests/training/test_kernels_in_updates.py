"""An update by compiled kernels has the gradients of one without, whatever the last layer is."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.kernels import Kernels
from regard.kernels.consistency import consistency_and_gradients
from regard.models import AnyModel, build_model
from regard.models import layers as layers_module
from regard.models.kernels import use_kernels
from regard.models.lora import LowRank, add_low_rank
from regard.settings.model import ModelSettings
from regard.training import consistency as consistency_module
from regard.training.objective import Objective
from regard.training.update import compute_gradients

SHAPE = {"model_dim": 32, "num_heads": 2, "feedforward_dim": 48, "encoder_layers": 1, "decoder_layers": 1, "dropout": 0}
RECURRENT = {
    "kind": "recurrent",
    "model_dim": 32,
    "num_heads": 1,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "dropout": 0,
}
BATCH = make_batch(EncodedPairs(Ragged.of([[5, 6, 7], [8]]), Ragged.of([[9], [10, 11, 12, 13]])), np.array([0, 1]))
OUTPUTS: dict[str, dict[str, object]] = {
    f"{tying}{', bias' if bias else ''}": {"tied_embeddings": tying, "output_bias": bias}
    for tying in ("all", "target", "none")
    for bias in (False, True)
}


def model_of(settings: dict[str, object], dtype: torch.dtype = torch.float32) -> AnyModel:
    model = build_model(ModelSettings.model_validate(settings), 96, seed=3).train()
    model.compute_dtype = dtype
    return model


def gradients_of(model: AnyModel, objective: Objective | None = None) -> tuple[float, dict[str, Tensor]]:
    model.zero_grad()
    loss = compute_gradients(model, [BATCH], smoothing=0.1, objective=objective)
    return loss, {name: one.grad for name, one in model.named_parameters() if one.grad is not None}


def require_same(model: AnyModel, kernels: Kernels, *, most: float, objective: Objective | None = None) -> None:
    loss, wanted = gradients_of(model, objective)
    use_kernels(model, kernels)
    found_loss, found = gradients_of(model, objective)
    assert found_loss == pytest.approx(loss, rel=most)
    assert found.keys() == wanted.keys()
    for name, one in wanted.items():
        assert float((found[name] - one).norm()) <= most * float(one.norm()) + 1e-7, name


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_last_layer(kernels: Kernels, output: str) -> None:
    require_same(model_of(SHAPE | OUTPUTS[output]), kernels, most=2e-4)


@pytest.mark.parametrize("output", OUTPUTS)
def test_in_bfloat16_every_gradient_is_as_near(kernels: Kernels, output: str) -> None:
    _, exact = gradients_of(model_of(SHAPE | OUTPUTS[output]))
    model = model_of(SHAPE | OUTPUTS[output], torch.bfloat16)
    _, plain = gradients_of(model)
    use_kernels(model, kernels)
    _, found = gradients_of(model)
    for name, wanted in exact.items():
        ours, theirs = (float((one[name] - wanted).norm()) for one in (found, plain))
        assert ours <= 1.5 * theirs + 0.05 * float(wanted.norm()) + 1e-6, name


@pytest.mark.parametrize("tying", ["all", "none"])
def test_a_recurrent_network(kernels: Kernels, tying: str) -> None:
    require_same(model_of(RECURRENT | {"tied_embeddings": tying}), kernels, most=2e-4)


def test_two_readings_that_are_to_agree(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def noted(*given: Any, **settings: Any) -> Any:
        asked.append(settings)
        return consistency_and_gradients(*given, **settings)

    monkeypatch.setattr(consistency_module, "consistency_and_gradients", noted)
    objective = Objective(smoothing=0.1, consistency=4.0)
    require_same(model_of(SHAPE), kernels, most=2e-4, objective=objective)
    assert asked == [{"smoothing": 0.1, "strength": 4.0, "weight": 1 / BATCH.num_target_tokens, "in_place": True}]


def test_another_gradient_is_seen(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_module, "column_sums", lambda kernels, upstream: upstream.float().sum(0) * 1.01)
    with pytest.raises(AssertionError, match="bias"):
        require_same(model_of(SHAPE), kernels, most=2e-4)


def test_a_low_rank_change_is_added_once_per_reading(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(SHAPE)
    changed = add_low_rank(model, rank=2, alpha=2.0, matrices=["encoder", "decoder"])
    assert changed
    require_same(model, kernels, most=2e-4)
    readings: list[LowRank] = []
    forward = LowRank.forward

    def noted(self: LowRank, weight: Tensor) -> Tensor:
        readings.append(self)
        return forward(self, weight)

    monkeypatch.setattr(LowRank, "forward", noted)
    compute_gradients(model, [BATCH])
    assert len(readings) == changed
