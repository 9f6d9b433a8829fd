"""Filling by bits gives the bits of ``masked_fill``, whatever stands in the cells."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.attention import View
from regard.attention.fill import Fill

FLOATS = [torch.bfloat16, torch.float16, torch.float32, torch.float64]


def bits_of(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().view(torch.uint8)


@settings(max_examples=60)
@given(
    st.sampled_from(FLOATS),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=24, max_size=24),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_it_is_masked_fill_bit_for_bit(dtype: torch.dtype, numbers: list[float], cells: list[bool]) -> None:
    scores = torch.tensor(numbers, dtype=torch.float64).to(dtype).view(2, 2, 2, 3)
    hidden = torch.tensor(cells).view(2, 1, 2, 3)
    found = Fill.of(hidden, dtype)(scores)
    assert torch.equal(bits_of(found), bits_of(scores.masked_fill(hidden, -torch.inf)))


@pytest.mark.parametrize("shape", [(1, 1, 4, 5), (3, 1, 4, 5), (3, 2, 4, 5), (3, 1, 1, 5)])
def test_a_view_hides_the_same_cells_with_and_without_a_gradient(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    allowed = torch.rand(shape, generator=generator).expand(-1, -1, 4, -1) > 0.4
    view, scores = View.of(allowed), torch.randn(3, 2, 4, 5, generator=generator)
    assert torch.equal(view.hide(scores), view.hide(scores.clone().requires_grad_()))


@pytest.mark.parametrize("rows", [1, 3])
def test_a_view_blanks_the_same_keys_with_and_without_a_gradient(rows: int) -> None:
    allowed = torch.ones(rows, 1, 4, 5, dtype=torch.bool)
    allowed[0, :, :, 3:] = False
    view, keys = View.of(allowed), torch.full((3, 2, 5, 4), torch.nan)
    blanked = view.blank(keys)
    assert torch.equal(blanked == 0, view.blank(keys.clone().requires_grad_()) == 0)
    assert bool((blanked[0, :, 3:] == 0).all())
    assert bool(blanked[0, :, :3].isnan().all())
    assert bool(keys.isnan().all())
