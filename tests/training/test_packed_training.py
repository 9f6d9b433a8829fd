"""Packed training is bucketed training: the same sentences in every step, the same losses."""

import numpy as np
import pytest
import torch

from regard.batches import Batch, BatchStream, EncodedPairs, Ragged
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings import TrainingSettings
from regard.settings.model import ModelSettings
from regard.training.optimizer import build_optimizer
from regard.training.update import apply_update

STEPS = 200
SETTINGS = TrainingSettings(learning_rate=5e-3, batch_tokens=120)


def pairs() -> EncodedPairs:
    """A language whose translation is itself backwards, so that there is something to learn."""
    rng = np.random.default_rng(0)
    sentences = [rng.integers(4, 20, rng.integers(1, 9)).tolist() for _ in range(300)]
    return EncodedPairs(Ragged.of(sentences), Ragged.of(sentence[::-1] for sentence in sentences))


def model() -> AnyModel:
    torch.manual_seed(0)
    shape = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 1, "decoder_layers": 1}
    return build_model(ModelSettings(**shape, dropout=0.0), 20).double()  # type: ignore[arg-type]


def without_segments(batch: Batch) -> Batch:
    source, target = (Layout(one.lengths, one.width) for one in (batch.source_layout, batch.target_layout))
    return Batch(batch.source, source, batch.target_in, batch.target_out, target)


def losses(*, packed_width: int | None, steps: int = STEPS, forget_segments: bool = False) -> list[float]:
    learner = model()
    optimizer = build_optimizer(learner, SETTINGS)
    stream = BatchStream(pairs(), budget=SETTINGS.batch_tokens, seed=1, packed_width=packed_width)
    curve = []
    for _ in range(steps):
        batch = stream.take()
        update = apply_update(learner, optimizer, [without_segments(batch) if forget_segments else batch], SETTINGS)
        curve.append(update.loss)
    return curve


@pytest.fixture(scope="module")
def bucketed() -> list[float]:
    return losses(packed_width=None)


def test_the_losses_are_the_same_for_two_hundred_steps(bucketed: list[float]) -> None:
    packed = losses(packed_width=24)
    np.testing.assert_allclose(packed, bucketed, rtol=0, atol=1e-9)
    assert np.mean(packed[-20:]) < 0.9 * np.mean(packed[:20])  # it did learn


def test_without_segments_they_would_not_be(bucketed: list[float]) -> None:
    wrong = losses(packed_width=24, steps=20, forget_segments=True)
    assert max(abs(np.array(wrong) - bucketed[:20])) > 1e-2
