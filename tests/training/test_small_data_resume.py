"""A run with every setting for few pairs goes on bit for bit: their randomness is saved with the run."""

from typing import Any

import numpy as np
import pytest
import torch

from regard.batches import BatchStream, Concatenation, EncodedPairs, Ragged
from regard.models import build_model
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.training import Silent, Surroundings, Trainer

SETTINGS = TrainingSettings(
    max_steps=10, consistency=3.0, consistency_from=0.5, target_word_dropout=0.2, optimizer="muon", accumulate=2
)


def trainer() -> Trainer:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    sides = (Ragged.of(rng.integers(4, 40, size=n).tolist() for n in rng.integers(2, 9, size=30)) for _ in range(2))
    shape = ModelSettings(
        model_dim=16, num_heads=2, feedforward_dim=32, dropout=0.2, decoder_layer_drop=0.4, qk_norm=True
    )
    stream = BatchStream(EncodedPairs(*sides), budget=90, seed=1, concatenation=Concatenation(0.5, 20))
    made = Trainer(build_model(shape, 40, seed=1), stream, SETTINGS)
    made.progress.total_steps = SETTINGS.max_steps
    return made


def unused(*arguments: object, **options: object) -> Any:
    raise AssertionError("single updates neither validate nor save")


def go_on(one: Trainer, updates: int) -> None:
    around = Surroundings(validate=unused, publish=unused, save=unused, should_stop=unused, reporter=Silent())
    for _ in range(updates):
        one._update_once(around)


@pytest.mark.parametrize("forgets_noise", [False, True])
def test_a_resumed_run_ends_with_the_same_weights_unless_its_noise_is_forgotten(forgets_noise: bool) -> None:
    whole, first, second = trainer(), trainer(), trainer()
    go_on(whole, 10)
    go_on(first, 4)
    progress = first.record()
    if forgets_noise:
        progress.noise = second.model.noise.state
    second.restore(progress, {name: tensor.clone() for name, tensor in first.tensors().items()})
    go_on(second, 6)
    is_equal = all(
        torch.equal(one, other) for one, other in zip(whole.tensors().values(), second.tensors().values(), strict=True)
    )
    assert is_equal != forgets_noise
