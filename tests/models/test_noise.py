"""Dropout: unbiased, seeded, resumable."""

import torch

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
