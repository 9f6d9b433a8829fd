"""One update: accumulation changes nothing, non-finite gradients touch nothing, averages do what they say."""

import numpy as np
import pytest
import torch

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.errors import DivergedError
from regard.models import Transformer, build_model, weights_of
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.training import MovingAverage, lent, mean_of
from regard.training.optimizer import build_optimizer
from regard.training.update import apply_update, clip, compute_gradients

PAIRS = EncodedPairs(Ragged.of([[5, 6, 7], [8], [4, 4]]), Ragged.of([[9], [10, 11, 12, 13], [6, 5]]))


def model_of(*, layer_drop: float = 0.0) -> Transformer:
    torch.manual_seed(0)
    shape = ModelSettings(model_dim=16, num_heads=2, feedforward_dim=32, dropout=0.0, decoder_layer_drop=layer_drop)
    return build_model(shape, 20).double()


def batch_of(*indices: int) -> Batch:
    return make_batch(PAIRS, np.array(indices))


def test_accumulated_batches_give_the_gradient_of_one_large_batch() -> None:
    one, several = model_of(), model_of()
    loss = compute_gradients(one, [batch_of(0, 1, 2)], smoothing=0.1)
    assert compute_gradients(several, [batch_of(0), batch_of(1, 2)], smoothing=0.1) == pytest.approx(loss)
    for first, second in zip(one.parameters(), several.parameters(), strict=True):
        torch.testing.assert_close(first.grad, second.grad)


def test_training_lowers_the_loss() -> None:
    model, settings = model_of(), TrainingSettings(learning_rate=0.01)
    optimizer = build_optimizer(model, settings)
    losses = [apply_update(model, optimizer, [batch_of(0, 1, 2)], settings).loss for _ in range(60)]
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.guarantee(
    "A loss or gradient that is not finite never reaches the weights",
    area="training",
    control="test_without_looking_at_the_gradient_it_would",
)
def test_a_non_finite_gradient_never_reaches_the_weights() -> None:
    model, settings = model_of(), TrainingSettings()
    optimizer = build_optimizer(model, settings)
    with torch.no_grad():
        model.decoder_norm.weight[0] = torch.nan  # type: ignore[union-attr]
    before = {name: tensor.clone() for name, tensor in weights_of(model).items()}
    with pytest.raises(DivergedError, match="the weights from before are kept"):
        apply_update(model, optimizer, [batch_of(0)], settings)
    for name, tensor in weights_of(model).items():
        torch.testing.assert_close(tensor, before[name], equal_nan=True, atol=0, rtol=0)


def test_without_looking_at_the_gradient_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regard.training.update.math.isfinite", lambda number: True)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_non_finite_gradient_never_reaches_the_weights()


def test_clipping_limits_the_step_to_the_norm() -> None:
    settings = TrainingSettings(clip_norm=1e-3)
    model = model_of()
    update = apply_update(model, torch.optim.SGD(model.parameters(), lr=1.0), [batch_of(0, 1)], settings)
    before, after = weights_of(model_of()), weights_of(model)
    moved = sum(float((after[name] - before[name]).square().sum()) for name in before)
    assert update.gradient_norm > 1e-3
    assert moved**0.5 == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("limit", [None, 1e-3, 1e3])
def test_clipping_gives_what_pytorch_gives(limit: float | None) -> None:
    ours, theirs = model_of(), model_of()
    for model in (ours, theirs):
        compute_gradients(model, [batch_of(0, 1)], smoothing=0.1)
    found = clip(list(ours.parameters()), limit)
    expected = torch.nn.utils.clip_grad_norm_(theirs.parameters(), torch.inf if limit is None else limit)
    assert found == float(expected)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)  # type: ignore[arg-type]


def test_the_moving_average_forgets_its_start_first_and_is_lent_out() -> None:
    model = model_of()
    average = MovingAverage(model, decay=0.9)
    name, weight = next(iter(weights_of(model).items()))
    start = weight.clone()
    weight.add_(1)
    average.update(model, num_updates=0)  # forgets by 1/10: nine tenths of the way
    torch.testing.assert_close(average.weights[name], start + 0.9)
    with lent(model, average.weights):
        torch.testing.assert_close(weights_of(model)[name], start + 0.9)
    torch.testing.assert_close(weights_of(model)[name], start + 1)


def test_the_mean_of_checkpoints() -> None:
    mean = mean_of([{"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, 8.0])}])
    assert mean["w"].tolist() == [2, 5]
    assert mean["w"].dtype == torch.float32


def test_a_batch_in_which_all_trained_layers_are_left_out_changes_nothing() -> None:
    model = model_of(layer_drop=0.999)
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith("decoder."))
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=1.0)
    update = apply_update(model, optimizer, [batch_of(0, 1)], TrainingSettings())
    assert update.gradient_norm == 0
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
