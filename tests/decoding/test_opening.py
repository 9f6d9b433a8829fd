"""While a search runs, no part of a model is in training; afterwards each is as it was."""

import pytest
import torch
from torch import nn

from regard.decoding.opening import answering
from regard.models.noise import Dropout, Noise


def parts() -> nn.Sequential:
    return nn.Sequential(nn.Sequential(Dropout(0.5, Noise(1)), nn.Linear(2, 2)), nn.Dropout(0.5))


def modes(model: nn.Module) -> list[bool]:
    return [part.training for part in model.modules()]


def test_a_part_in_training_drops_nothing_meanwhile() -> None:
    model, ones = parts().eval(), torch.ones(64)
    dropout = model[0][0]  # type: ignore[index]
    dropout.train()
    before = modes(model)
    assert not torch.equal(dropout(ones), ones)
    with answering(model):
        assert torch.equal(dropout(ones), ones)
    assert modes(model) == before


def test_a_part_that_was_not_in_training_does_not_come_back_in_it() -> None:
    model = parts()
    model[0].eval()
    before = modes(model)
    with answering(model):
        assert not any(modes(model))
    assert modes(model) == before


def test_it_is_as_it_was_after_an_error_too() -> None:
    model = parts()
    with pytest.raises(KeyboardInterrupt), answering(model):
        raise KeyboardInterrupt
    assert all(modes(model))
    assert not torch.is_inference_mode_enabled()
