"""The recurrent loops: equal to PyTorch's own cells, value and gradient, in float64."""

import pytest
import torch
from torch import Tensor, nn

from regard.models.recurrence import CELLS, GatedRecurrentUnit, LongShortTermMemory, Recurrence


def layer_of(kind: str) -> Recurrence:
    torch.manual_seed(0)
    layer = CELLS[kind](5, 6).double()
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_(std=0.5)
    return layer


def arranged(layer: Recurrence, weight: Tensor) -> Tensor:
    """Rows in PyTorch's order of gates."""
    order = [0, 1, 3, 2] if isinstance(layer, LongShortTermMemory) else [0, 1, 2]
    return torch.cat([weight.chunk(layer.gates)[gate] for gate in order])


def torch_twin(layer: Recurrence) -> nn.RNNBase:
    twin = (nn.LSTM if isinstance(layer, LongShortTermMemory) else nn.GRU)(5, 6, batch_first=True).double()
    assert layer.project.bias is not None
    with torch.no_grad():
        twin.weight_ih_l0.copy_(arranged(layer, layer.project.weight))
        twin.weight_hh_l0.copy_(arranged(layer, layer.recur))
        twin.bias_ih_l0.copy_(arranged(layer, layer.project.bias))
        twin.bias_hh_l0.zero_()
        if isinstance(layer, GatedRecurrentUnit):
            twin.bias_hh_l0[12:].copy_(layer.recur_bias)
    return twin


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_outputs_and_gradients_equal_those_of_torch(kind: str) -> None:
    layer = layer_of(kind)
    twin = torch_twin(layer)
    mine, theirs = (torch.randn(3, 7, 5, dtype=torch.float64, generator=torch.manual_seed(1)) for _ in range(2))
    mine.requires_grad_()
    theirs.requires_grad_()
    start = tuple(torch.randn(3, 6).double().requires_grad_() for _ in range(layer.num_states))
    begun = tuple(state.detach()[None].clone().requires_grad_() for state in start)
    outputs, states = layer(mine, start)
    expected, last = twin(theirs, begun if kind == "lstm" else begun[0])
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(states[-1][:, -1], (last[1] if kind == "lstm" else last)[0])
    weight = torch.randn_like(expected)
    ((outputs * weight).sum() + states[-1][:, -1].square().sum()).backward()
    ((expected * weight).sum() + (last[1] if kind == "lstm" else last).square().sum()).backward()
    torch.testing.assert_close(mine.grad, theirs.grad)
    for state, twin_state in zip(start, begun, strict=True):
        torch.testing.assert_close(state.grad, twin_state.grad[0])
    for own, other in ((layer.project.weight, twin.weight_ih_l0), (layer.recur, twin.weight_hh_l0)):
        assert own.grad is not None
        torch.testing.assert_close(arranged(layer, own.grad), other.grad)
    if isinstance(layer, GatedRecurrentUnit):
        torch.testing.assert_close(layer.recur_bias.grad, twin.bias_hh_l0.grad[12:])


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_half_precision_stays_near_over_two_hundred_steps(kind: str) -> None:
    layer = layer_of(kind).float()
    vectors = torch.randn(2, 200, 5)
    exact, _ = layer(vectors, layer.nothing(2, like=vectors))
    rounded, _ = layer(vectors.bfloat16(), layer.nothing(2, like=vectors.bfloat16()))
    assert rounded.dtype == torch.bfloat16
    assert (rounded.float() - exact).abs().mean() < 0.02


def test_an_empty_sequence_gives_nothing() -> None:
    layer = layer_of("gru")
    vectors = torch.zeros(2, 0, 5, dtype=torch.float64)
    outputs, _ = layer(vectors, layer.nothing(2, like=vectors))
    assert outputs.shape == (2, 0, 6)
