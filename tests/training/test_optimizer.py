"""Muon takes the matrices of layers and AdamW the rest; both are saved and restored as one."""

import numpy as np
import pytest
import torch

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.models import build_model
from regard.models.layers import Embedding
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.training.optimizer import MuonWithAdamW, build_optimizer, load_moments, moments_of, set_learning_rate
from regard.training.update import apply_update

BATCH = make_batch(
    EncodedPairs(Ragged.of([[5, 6, 7], [8]]), Ragged.of([[9], [10, 11, 12, 13]])), np.array([0, 1])
)  # fmt: skip
MUON = TrainingSettings(optimizer="muon", learning_rate=0.02)


def model_of(**changes: object) -> torch.nn.Module:
    torch.manual_seed(0)
    small = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "dropout": 0.0}
    return build_model(ModelSettings(**{**small, **changes}), 20)  # type: ignore[arg-type]


@pytest.mark.parametrize("tied", ["all", "none"])
def test_muon_has_the_matrices_of_layers_and_adamw_all_else(tied: str) -> None:
    model = model_of(tied_embeddings=tied)
    optimizer = build_optimizer(model, MUON)
    assert isinstance(optimizer, MuonWithAdamW)
    muon, adamw = ({id(w) for group in part.param_groups for w in group["params"]} for part in optimizer.parts)
    assert muon | adamw == {id(weight) for weight in model.parameters()}
    assert not muon & adamw
    tables = {id(module.weight) for module in model.modules() if isinstance(module, Embedding)}
    assert not muon & tables
    for name, weight in model.named_parameters():
        is_matrix = weight.ndim == 2 and id(weight) not in tables and not name.startswith("output.")
        assert (id(weight) in muon) == is_matrix, name


def test_an_update_of_a_matrix_is_nearly_orthogonal_and_as_large_as_the_rate_says() -> None:
    model = model_of()
    optimizer = build_optimizer(model, MUON.model_copy(update={"weight_decay": 0.0}))
    set_learning_rate(optimizer, 0.01)
    weight = model.encoder[0].feedforward.expand.weight  # type: ignore[union-attr,index]
    before = weight.detach().clone()
    weight.grad = torch.randn_like(weight)  # of full rank, as that of a large batch
    optimizer.step()
    moved = before - weight.detach()
    sizes = torch.linalg.svdvals(moved)
    assert sizes.min() > 0.5 * sizes.max()
    root_mean_square = float(moved.square().mean().sqrt())
    assert root_mean_square == pytest.approx(0.01 * 0.2, rel=0.3)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_restored_optimizer_goes_on_bit_for_bit(optimizer: str) -> None:
    settings = TrainingSettings(optimizer=optimizer, learning_rate=0.02)  # type: ignore[arg-type]

    def updated(model: torch.nn.Module, one: torch.optim.Optimizer, times: int) -> None:
        for _ in range(times):
            apply_update(model, one, [BATCH], settings)  # type: ignore[arg-type]

    model = model_of()
    one = build_optimizer(model, settings)
    updated(model, one, 3)
    resumed = model_of()
    resumed.load_state_dict({name: weight.clone() for name, weight in model.state_dict().items()})
    again = build_optimizer(resumed, settings)
    load_moments(resumed, again, {name: moment.clone() for name, moment in moments_of(model, one).items()})
    updated(model, one, 3)
    updated(resumed, again, 3)
    for first, second in zip(model.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(first, second)


def test_muon_learns() -> None:
    model = model_of()
    optimizer = build_optimizer(model, MUON)
    losses = [apply_update(model, optimizer, [BATCH], MUON).loss for _ in range(40)]  # type: ignore[arg-type]
    assert losses[-1] < 0.6 * losses[0]
