"""One translation for everything: noticed, and its reason found."""

import numpy as np
import torch

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.models import Transformer, build_model
from regard.runs.sameness import all_the_same, why_all_the_same
from regard.settings import ModelSettings
from regard.training.update import compute_gradients

PAIRS = EncodedPairs(
    Ragged.of([[number, number + 1] for number in range(4, 14)]), Ragged.of([[number] for number in range(4, 14)])
)
REFERENCES = [f"sentence {number}" for number in range(10)]


def network() -> Transformer:
    torch.manual_seed(0)
    model = build_model(ModelSettings(model_dim=16, num_heads=2, feedforward_dim=16), 20)
    assert isinstance(model, Transformer)
    return model


def test_the_same_translation_for_everything_is_noticed() -> None:
    assert all_the_same(["a"] * 10, REFERENCES)
    assert not all_the_same(["a"] * 10, ["a"] * 10)
    assert not all_the_same(["a"] * 9 + ["b"], REFERENCES)
    assert not all_the_same(["a"] * 4, REFERENCES[:4]), "too few to say"


def test_its_reason_is_found() -> None:
    model = network()
    assert "6 of 10 references are the same sentence, 'yes'" in why_all_the_same(model, PAIRS, ["yes"] * 6 + ["a"] * 4)
    assert "has learned next to nothing" in why_all_the_same(model, PAIRS, REFERENCES)
    with torch.no_grad():
        for layer in model.decoder:
            layer.cross.output.weight.requires_grad_(False).zero_()  # type: ignore[union-attr, operator]
    learn(model, updates=40)
    assert "does not use the source yet" in why_all_the_same(model, PAIRS, REFERENCES)
    learned = network()
    learn(learned, updates=40)
    assert "does use the source" in why_all_the_same(learned, PAIRS, REFERENCES)


def learn(model: Transformer, *, updates: int) -> None:
    optimizer, batch = torch.optim.Adam(model.parameters(), lr=0.01), make_batch(PAIRS, np.arange(10))
    for _ in range(updates):
        compute_gradients(model, [batch])
        optimizer.step()
        optimizer.zero_grad()
