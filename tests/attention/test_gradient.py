"""The gradient written out is autograd's, of the same forward bit for bit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from regard.attention import Causal, Everything, Mask, Padding, SwitchedOff, Window, attend
from regard.attention.by_choice import Cell
from regard.attention.core import context_by, four_steps
from regard.layout import Layout

MASKS: dict[str, Mask] = {
    "all": Everything(),
    "causal": Causal(),
    "padding": Padding(Layout((2, 5, 0), 5)),
    "both": Causal() & Padding(Layout((2, 5, 1), 5)),
    "window": Window(1, 0),
    "one head off": SwitchedOff([Cell(1, None, 2)], 2) & Padding(Layout((2, 5, 4), 5)),
}
SCALE = 0.3


def vectors(dtype: torch.dtype = torch.float64, *, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(3, 3, 2, 5, 4, generator=generator, dtype=torch.float64).to(dtype)
    return [one.clone().requires_grad_() for one in drawn]


def gradients(context: Tensor, tensors: list[Tensor]) -> tuple[Tensor, ...]:
    weigh = torch.linspace(-1, 2, context.numel(), dtype=context.dtype).view_as(context)
    return torch.autograd.grad((context * weigh).sum(), tensors)


@pytest.mark.guarantee(
    "The gradient written out by hand is autograd's, with any mask",
    area="masks",
)
@settings(max_examples=40)
@given(st.sampled_from(list(MASKS)), st.integers(0, 10_000))
def test_it_is_autograds(kind: str, seed: int) -> None:
    view = MASKS[kind].view(5, 5)
    tensors = vectors(seed=seed)
    queries, keys, values = tensors
    by_hand = context_by("plain", *tensors, view, scale=SCALE, needs_grad=True)
    by_autograd = four_steps(queries, view.blank(keys), view.blank(values), view, scale=SCALE).context
    assert torch.equal(by_hand, by_autograd)
    for mine, its in zip(gradients(by_hand, tensors), gradients(by_autograd, tensors), strict=True):
        torch.testing.assert_close(mine, its, atol=1e-13, rtol=0)


@pytest.mark.guarantee(
    "The gradient written out by hand is autograd's, with any mask",
    area="masks",
    control="test_a_wrong_gradient_would_be_noticed",
)
@pytest.mark.parametrize("kind", ["both", "one head off"])
def test_it_is_the_slope(kind: str) -> None:
    def context(*tensors: Tensor) -> Tensor:
        return context_by("plain", *tensors, MASKS[kind].view(5, 5), scale=SCALE, needs_grad=True)

    assert torch.autograd.gradcheck(context, vectors(), fast_mode=True)


def test_a_wrong_gradient_would_be_noticed() -> None:
    def context(*tensors: Tensor) -> Tensor:
        found = context_by("plain", *tensors, Causal().view(5, 5), scale=SCALE, needs_grad=True)
        return found + (tensors[0] - tensors[0].detach()) * 0.01

    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(context, vectors(), fast_mode=True)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_it_is_finite_where_a_tutorial_fill_value_would_overflow(dtype: torch.dtype) -> None:
    tensors = [(tensor.detach() * 8).requires_grad_() for tensor in vectors(dtype)]
    context = attend(*tensors, MASKS["padding"]).context
    for gradient in gradients(context, tensors):
        assert gradient.dtype == dtype
        assert bool(gradient.isfinite().all())


def test_only_what_asks_for_a_gradient_gets_one() -> None:
    queries, keys, values = vectors()
    context = attend(queries.detach(), keys, values.detach(), Causal()).context
    (gradient,) = torch.autograd.grad(context.sum(), [keys])
    assert bool((gradient != 0).any())
    with torch.no_grad():
        assert not attend(queries, keys, values, Causal()).context.requires_grad
