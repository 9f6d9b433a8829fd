"""A run with every setting for few pairs goes on bit for bit: their randomness is saved with the run."""

import math
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


def test_what_was_found_out_about_the_machine_is_kept() -> None:
    first, second = trainer(), trainer()
    go_on(first, 1)
    first._memory.too_many_cells = 1234
    second.restore(first.record(), first.tensors())
    assert second._memory.too_many_cells == 1234


def test_the_beginning_of_a_measurement_is_kept() -> None:
    first, second = trainer(), trainer()
    for one in (first, second):
        one.settings = SETTINGS.model_copy(update={"max_minutes": 10.0, "max_steps": None})
        one.progress.total_steps = None
    first._open()
    go_on(first, 9)
    assert first._stopwatch is not None
    assert first._stopwatch.durations
    second.restore(first.record(), first.tensors())
    second._open()
    assert second._stopwatch is not None
    assert second._stopwatch.durations == first._stopwatch.durations


def test_a_score_that_is_no_number_does_not_stay_the_best() -> None:
    one = trainer()
    one.progress.best_score = math.nan
    assert one.is_better(1.0)
    assert not one.is_better(math.nan), "patience would never end"
    one.progress.best_score = 1.0
    assert not one.is_better(math.nan)
