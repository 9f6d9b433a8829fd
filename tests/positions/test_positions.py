"""What the paper says of sinusoidal positions, and what makes rotary ones relative."""

import math

import torch

from regard.positions import rotate, sinusoidal, sinusoidal_halves


def test_the_formula_written_out() -> None:
    table = sinusoidal(3, 4)
    for position in range(3):
        for i in range(2):
            angle = position / 10000 ** (2 * i / 4)
            assert math.isclose(table[position, 2 * i], math.sin(angle), abs_tol=1e-15)
            assert math.isclose(table[position, 2 * i + 1], math.cos(angle), abs_tol=1e-15)


def test_halves_are_the_same_numbers_in_another_order() -> None:
    paper, halves = sinusoidal(7, 6), sinusoidal_halves(7, 6)
    assert torch.equal(torch.cat((paper[:, 0::2], paper[:, 1::2]), dim=1), halves)


def test_starting_later_is_a_slice() -> None:
    assert torch.equal(sinusoidal(10, 8)[4:], sinusoidal(6, 8, first=4))


def test_every_position_is_different() -> None:
    assert torch.pdist(sinusoidal(512, 64)).min() > 0.1


def test_a_shift_is_one_linear_map_for_all_positions() -> None:
    table, shift = sinusoidal(200, 32), 5
    turn = torch.zeros(32, 32, dtype=torch.float64)
    for i in range(16):
        angle = shift / 10000 ** (2 * i / 32)
        sin, cos = math.sin(angle), math.cos(angle)
        turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    torch.testing.assert_close(table[:-shift] @ turn, table[shift:], atol=1e-12, rtol=0)


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 8, generator=generator, dtype=torch.float64)
    turned = [rotate(vector.expand(1, 1, 12, 8)) for vector in (query, key)]
    scores = (turned[0] @ turned[1].transpose(-2, -1))[0, 0]
    for distance in range(-11, 12):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert abs(scores[0, 0] - scores[0, 5]) > 1e-3


def test_rotary_keeps_lengths_and_continues_where_told() -> None:
    vectors = torch.randn(1, 2, 6, 8, dtype=torch.float64)
    torch.testing.assert_close(rotate(vectors).norm(dim=-1), vectors.norm(dim=-1))
    torch.testing.assert_close(rotate(vectors)[:, :, 4:], rotate(vectors[:, :, 4:], first=4))
