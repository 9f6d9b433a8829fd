"""Validation by itself: its loss is the same where memory runs out, and fits into one process of several."""

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

from regard.batches import Batch
from regard.corpus import Origin, Pair
from regard.models import AnyModel, build_model
from regard.runs import validate
from regard.runs.validate import Validator
from regard.settings import load_settings
from regard.text import Tokenizer

WORDS = ["cat", "dog", "red", "big", "house", "tree", "sees", "hears"]
PAIRS = [Pair(" ".join(WORDS[: n % 7 + 1]), " ".join(WORDS[n % 5 :]), Origin("made up", n + 1)) for n in range(40)]
SETTINGS = load_settings(
    None, ["model.model_dim=16", "model.num_heads=2", "model.feedforward_dim=32", "training.batch_tokens=400"]
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([side for pair in PAIRS for side in (pair.source, pair.target)], kind="bpe", vocab_size=300)


@pytest.fixture
def model(tokenizer: Tokenizer) -> AnyModel:
    return build_model(SETTINGS.model, tokenizer.vocab_size, seed=1)


def noting(batches: list[Batch], *, rows: int = 10**9) -> Callable[..., Tensor]:
    """The loss on a machine that has room for batches of so many rows; notes all it is asked for."""
    loss = validate.batch_loss

    def _noting(model: AnyModel, batch: Batch, **more: Any) -> Tensor:
        batches.append(batch)
        if batch.source_layout.num_rows > rows:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096000000000 bytes.")
        return loss(model, batch, **more)

    return _noting


def test_a_validation_for_which_memory_runs_out_has_the_same_loss(
    tokenizer: Tokenizer, model: AnyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Validator(PAIRS, tokenizer, SETTINGS)(model, 1).scores["loss"]
    tried: list[Batch] = []
    monkeypatch.setattr(validate, "batch_loss", noting(tried, rows=3))
    validator = Validator(PAIRS, tokenizer, SETTINGS)
    assert validator(model, 1).scores["loss"] == pytest.approx(whole, rel=1e-6)
    failures = sum(batch.source_layout.num_rows > 3 for batch in tried)
    assert failures > 0
    tried.clear()
    assert validator(model, 2).scores["loss"] == pytest.approx(whole, rel=1e-6)
    assert sum(batch.source_layout.num_rows > 3 for batch in tried) < failures, "it is remembered what does not fit"


def test_the_one_process_of_several_that_validates_takes_no_batch_of_all(
    tokenizer: Tokenizer, model: AnyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Batch] = []
    monkeypatch.setattr(validate, "batch_loss", noting(tried))
    alone = Validator(PAIRS, tokenizer, SETTINGS)(model, 1).scores["loss"]
    largest = max(batch.source.numel() + batch.target_in.numel() for batch in tried)
    tried.clear()
    first = Validator(PAIRS, tokenizer, SETTINGS, num_processes=4)(model, 1).scores["loss"]
    assert first == pytest.approx(alone, rel=1e-6)
    assert max(batch.source.numel() + batch.target_in.numel() for batch in tried) <= 100 < largest
