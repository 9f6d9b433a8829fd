"""What settings for few pairs make of the loss: words dropped as often as asked, two readings pulled together."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.models import Transformer, build_model
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.text.control import BOS, UNK
from regard.training.consistency import consistent_cross_entropy
from regard.training.loss import smoothed_cross_entropy
from regard.training.objective import Objective, _with_words_dropped
from regard.training.optimizer import build_optimizer
from regard.training.update import apply_update, batch_loss, compute_gradients

PAIRS = EncodedPairs(Ragged.of([[5, 6, 7], [8], [4, 4]]), Ragged.of([[9], [10, 11, 12, 13], [6, 5]]))


def model_of(*, dropout: float = 0.0) -> Transformer:
    torch.manual_seed(0)
    settings = ModelSettings(model_dim=16, num_heads=2, feedforward_dim=32, dropout=dropout)
    model = build_model(settings, 20, seed=3).double()
    assert isinstance(model, Transformer)
    return model


def batch_of(*indices: int) -> Batch:
    return make_batch(PAIRS, np.array(indices))


def test_with_everything_off_it_is_the_loss_of_a_batch_and_draws_nothing() -> None:
    model = model_of().train()
    before = model.noise.state
    loss = Objective.of(TrainingSettings(), done=1.0).loss(model, batch_of(0, 1), weight=0.5)
    assert torch.equal(loss, batch_loss(model, batch_of(0, 1), smoothing=0.1, weight=0.5))
    assert model.noise.state == before


def test_words_the_decoder_reads_are_dropped_and_nothing_else_is() -> None:
    model, batch = model_of(), make_batch(PAIRS, np.array([1] * 3000))
    dropped = _with_words_dropped(batch, model, 0.2)
    changed = dropped.target_in != batch.target_in
    assert bool((dropped.target_in[changed] == UNK).all())
    assert bool((dropped.target_in[:, 0] == BOS).all())
    assert abs(changed[:, 1:].double().mean() - 0.2) < 0.02
    assert torch.equal(dropped.target_out, batch.target_out)
    assert torch.equal(dropped.source, batch.source)


def test_dropped_words_are_the_same_from_the_same_state() -> None:
    model, objective = model_of(), Objective(target_word_dropout=0.5)
    saved = model.noise.state
    losses = [objective.loss(model, batch_of(0, 1, 2), weight=1.0).item() for _ in range(3)]
    model.noise.state = saved
    assert [objective.loss(model, batch_of(0, 1, 2), weight=1.0).item() for _ in range(3)] == losses
    assert len(set(losses)) > 1


def written_out(first: Tensor, second: Tensor, targets: Tensor, strength: float) -> Tensor:
    """Half of equation 4 of the paper, summed over tokens, by PyTorch's own functions."""
    nll = sum(
        functional.cross_entropy(logits, targets, label_smoothing=0.1, reduction="sum") for logits in (first, second)
    )
    logs = [logits.log_softmax(-1) for logits in (first, second)]
    both_ways = sum(functional.kl_div(logs[a], logs[b], log_target=True, reduction="sum") for a, b in ((0, 1), (1, 0)))
    return (nll + strength * both_ways / 2) / 2


def test_two_readings_have_the_loss_and_the_gradients_of_the_paper() -> None:
    torch.manual_seed(0)
    first, second = (torch.randn(70, 9000, dtype=torch.float64, requires_grad=True) for _ in range(2))
    targets = torch.randint(0, 9000, (64,))
    ours = consistent_cross_entropy(first, second, targets, smoothing=0.1, strength=5.0, weight=0.1)
    theirs = 0.1 * written_out(first[:64], second[:64], targets, 5.0)
    torch.testing.assert_close(ours, theirs)
    for found, expected in zip(
        torch.autograd.grad(ours, (first, second)), torch.autograd.grad(theirs, (first, second)), strict=True
    ):
        torch.testing.assert_close(found, expected)


def test_readings_that_agree_have_the_plain_loss_and_its_gradient_in_two_halves() -> None:
    logits, targets = torch.randn(8, 30, dtype=torch.float64, requires_grad=True), torch.randint(0, 30, (8,))
    twice = consistent_cross_entropy(logits, logits.detach(), targets, smoothing=0.1, strength=5.0)
    once = smoothed_cross_entropy(logits, targets, smoothing=0.1)
    torch.testing.assert_close(twice, once)
    torch.testing.assert_close(2 * torch.autograd.grad(twice, logits)[0], torch.autograd.grad(once, logits)[0])


def test_consistency_begins_after_its_share_of_the_run() -> None:
    settings = TrainingSettings(consistency=5.0, consistency_from=0.5)
    assert Objective.of(settings, done=0.49).consistency == 0
    assert Objective.of(settings, done=0.5).consistency == 5


def test_consistency_makes_readings_agree() -> None:
    def apart(consistency: float) -> float:
        model = model_of(dropout=0.3)
        settings = TrainingSettings(learning_rate=0.01, consistency=consistency)
        optimizer = build_optimizer(model, settings)
        for _ in range(60):
            apply_update(model, optimizer, [batch_of(0, 1, 2)], settings)
        twice = [Objective(consistency=strength) for strength in (0.0, 4.0)]
        saved, losses = model.noise.state, []
        for objective in twice:
            model.noise.state = saved
            losses.append(compute_gradients(model, [batch_of(0, 1, 2)] * 20, objective=objective))
        return losses[1] - losses[0]

    assert apart(10.0) < 0.7 * apart(0.0)


@pytest.mark.parametrize("consistency", [0.0, 3.0])
def test_accumulated_batches_give_the_gradient_of_one_large_batch(consistency: float) -> None:
    one, several, objective = model_of(), model_of(), Objective(smoothing=0.1, consistency=consistency)
    loss = compute_gradients(one, [batch_of(0, 1, 2)], objective=objective)
    assert compute_gradients(several, [batch_of(0), batch_of(1, 2)], objective=objective) == pytest.approx(loss)
    for first, second in zip(one.parameters(), several.parameters(), strict=True):
        torch.testing.assert_close(first.grad, second.grad)
