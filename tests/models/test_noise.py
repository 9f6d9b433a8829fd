"""Dropout: unbiased, seeded, resumable."""

import pytest
import torch

from regard.kernels import Kernels
from regard.models.noise import Dropout, Noise


def test_the_share_dropped_and_the_mean_are_right() -> None:
    dropout = Dropout(0.3, Noise(1))
    kept = dropout(torch.ones(400, 500))
    assert abs((kept == 0).float().mean() - 77 / 256) < 0.005
    assert abs(kept.mean() - 1) < 0.01


def test_the_same_seed_drops_the_same_cells_and_another_does_not() -> None:
    ones = torch.ones(1000)
    first, again, other = (Dropout(0.5, Noise(seed))(ones) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_restored_state_continues_the_stream() -> None:
    noise = Noise(3)
    dropout, ones = Dropout(0.5, noise), torch.ones(1003)
    dropout(ones)
    saved = noise.state
    expected = [dropout(ones) for _ in range(3)]
    noise.state = saved
    assert all(torch.equal(dropout(ones), tensor) for tensor in expected)


def test_it_does_nothing_when_translating() -> None:
    ones = torch.ones(10)
    assert Dropout(0.5, Noise(0)).eval()(ones) is ones


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_kept_cells_have_the_same_scale_in_every_type(dtype: torch.dtype) -> None:
    mask = Noise(1).scaled_mask(torch.ones(30, 70, dtype=dtype), 77)
    assert mask.unique().tolist() == [0, torch.tensor(256 / 179, dtype=dtype).item()]


@pytest.mark.parametrize("probability", [0.0, 0.3])
def test_added_to_a_residual_it_gives_what_it_gives_alone(probability: float) -> None:
    residual, vectors = torch.randn(2, 40, 50, dtype=torch.float64).requires_grad_().unbind()
    found = Dropout(probability, Noise(1)).added(residual, vectors)
    expected = residual + Dropout(probability, Noise(1))(vectors)
    torch.testing.assert_close(found, expected)
    weights = torch.randn(40, 50, dtype=torch.float64)
    for ours, theirs in zip(
        torch.autograd.grad((found * weights).sum(), (residual, vectors)),
        torch.autograd.grad((expected * weights).sum(), (residual, vectors)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("probability", "levels"), [(0.0, 0), (0.001, 1), (0.1, 26), (0.999, 255)])
def test_a_probability_is_never_none_or_all_by_rounding(probability: float, levels: int) -> None:
    dropout = Dropout(probability, Noise(1)).train()
    assert dropout.dropped_levels == levels
    assert bool(dropout(torch.ones(4096)).isfinite().all())


def test_a_residual_of_another_shape_is_added_as_pytorch_does(kernels: Kernels) -> None:
    residual, vectors = torch.randn(1, 2, 16), torch.randn(8, 2, 16)
    dropout = Dropout(0.5, Noise(1)).train()
    dropout.kernels = kernels
    found = dropout.added(residual, vectors)
    difference = found - residual
    assert bool(((difference - 2 * vectors).abs().lt(1e-5) | difference.abs().lt(1e-6)).all())
