"""Masks are values with one polarity; combining them is an intersection."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.attention import Causal, Everything, Mask, Padding
from regard.errors import ShapeError
from regard.layout import Layout

LAYOUT = Layout((2, 4, 0), 4)
masks = st.sampled_from([Everything(), Causal(), Padding(LAYOUT), Causal() & Padding(LAYOUT)])


def test_causal_is_lower_triangular() -> None:
    assert torch.equal(Causal().allowed(5, 5)[0, 0], torch.tril(torch.ones(5, 5)).bool())


def test_step_t_is_row_t_of_the_full_mask() -> None:
    full = Causal().allowed(6, 6)
    for step in range(6):
        assert torch.equal(Causal().allowed(1, step + 1, first_query=step)[0, 0, 0], full[0, 0, step, : step + 1])


def test_padding_hides_keys_and_never_queries() -> None:
    allowed = Padding(LAYOUT).allowed(3, 4)
    assert allowed.shape == (3, 1, 3, 4)
    assert allowed[0, 0].tolist() == [[True, True, False, False]] * 3


@given(masks, masks, masks)
def test_and_is_associative_commutative_idempotent(first: Mask, second: Mask, third: Mask) -> None:
    assert (first & second) & third == first & (second & third)
    assert first & second == second & first
    assert first & first == first
    assert first & Everything() == first
    assert hash(first & second) == hash(second & first)


@given(masks, masks)
def test_and_allows_what_both_allow(first: Mask, second: Mask) -> None:
    both = (first & second).allowed(4, 4)
    assert torch.equal(both.expand(3, 1, 4, 4), (first.allowed(4, 4) & second.allowed(4, 4)).expand(3, 1, 4, 4))


def test_a_combination_remembers_its_parts() -> None:
    mask = Causal() & Padding(LAYOUT)
    assert mask.parts == {Causal(), Padding(LAYOUT)}
    assert repr(mask) == f"Causal() & {Padding(LAYOUT)!r}"


@given(masks)
def test_what_is_said_on_the_host_is_never_wrongly_false(mask: Mask) -> None:
    allowed = mask.allowed(4, 4)
    view = mask.view(4, 4)
    assert view.blind is not None or bool(allowed.any(-1).all())
    assert view.unseen is not None or bool(allowed.any(-2).all())


def test_padding_for_other_keys_is_refused() -> None:
    with pytest.raises(ShapeError, match="4 cells wide, but the keys are 5"):
        Padding(LAYOUT).allowed(5, 5)
