"""What several processes keep of an update that became non-finite: all of its pairs, and one conclusion."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regard.batches import Batch, EncodedPairs, Ragged, make_share
from regard.models import AnyModel, build_model
from regard.runs import nonfinite
from regard.runs.nonfinite import keep_batches
from regard.settings import ModelSettings
from regard.text import Tokenizer
from regard.training import Processes

WORDS = ["red", "green", "blue", "black", "white"]
IDS = [[10, 11], [12], [13], [14, 15], [16]]
BROKEN = 14
"""A piece of the fourth pair, which is the second of two processes' own."""


class OneOfTwo(Processes):
    """Adds to its numbers what the other has told."""

    size = 2

    def __init__(self, rank: int, told: Sequence[float] = ()) -> None:
        self.rank = rank
        self.told = list(told)

    def network(self, model: AnyModel) -> AnyModel:
        return model

    def sum_gradients(self, network: nn.Module) -> None:
        pass

    def sum(self, values: Sequence[float]) -> list[float]:
        own, other = list(values), self.told or [0.0] * len(values)
        self.told = own
        return [one + two for one, two in zip(own, other, strict=True)]

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(tensors)

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        return whole

    def wait(self) -> None:
        pass


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train((f"{one} {two}" for one in WORDS for two in WORDS), kind="bpe", vocab_size=300)


@pytest.fixture
def model(tokenizer: Tokenizer) -> AnyModel:
    shape = ModelSettings(model_dim=16, num_heads=2, feedforward_dim=16, encoder_layers=1, decoder_layers=1)
    return build_model(shape, tokenizer.vocab_size, seed=1)


def share_of(rank: int) -> Batch:
    return make_share(EncodedPairs(Ragged.of(IDS), Ragged.of(IDS)), np.arange(len(IDS)), rank=rank, size=2)


def test_a_sentence_of_another_process_is_not_taken_for_too_large_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: AnyModel, tokenizer: Tokenizer
) -> None:
    def loss(_: AnyModel, batch: Batch, *, smoothing: float) -> Tensor:
        return torch.tensor(float("nan") if bool((batch.source == BROKEN).any()) else 1.0)

    monkeypatch.setattr(nonfinite, "batch_loss", loss)
    path, second = tmp_path / "nonfinite" / "step-00000003.json", OneOfTwo(1)
    keep_batches(path, [share_of(1)], "nan", model=model, tokenizer=tokenizer, processes=second)
    first = OneOfTwo(0, second.told)
    said = keep_batches(path, [share_of(0)], "nan", model=model, tokenizer=tokenizer, processes=first)
    assert said == (
        f"Its 5 sentence pairs are in {path.with_suffix('')}.rank-*.json, "
        "1 of them non-finite by themselves: look at these first"
    )
    kept = [json.loads(path.with_suffix(f".rank-{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]
    assert [[pair["loss"] is None for pair in record["pairs"]] for record in kept] == [[False] * 3, [True, False]]


def test_a_process_without_a_pair_keeps_none_of_another(tmp_path: Path, model: AnyModel, tokenizer: Tokenizer) -> None:
    idle = make_share(EncodedPairs(Ragged.of(IDS[:1]), Ragged.of(IDS[:1])), np.arange(1), rank=1, size=2)
    told = OneOfTwo(1)
    keep_batches(tmp_path / "step-1.json", [idle], "nan", model=model, tokenizer=tokenizer, processes=told)
    assert told.told == [0.0, 0.0]
    assert json.loads((tmp_path / "step-1.rank-1.json").read_text(encoding="utf-8"))["pairs"] == []
