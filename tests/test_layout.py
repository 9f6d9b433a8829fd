"""A layout knows which cells are real, which sentence they belong to, and where in it they stand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ShapeError
from regard.layout import Layout

PACKED = Layout.packed([[3, 2], [1, 0, 2], []], width=6)


def test_sentences_in_one_row_are_numbered_and_counted_from_zero_each() -> None:
    assert PACKED.lengths == (5, 3, 0)
    assert PACKED.segment_numbers().tolist() == [[0, 0, 0, 1, 1, -1], [0, 2, 2, -1, -1, -1], [-1] * 6]
    assert PACKED.positions().tolist() == [[0, 1, 2, 0, 1, 0], [0, 0, 1, 0, 0, 0], [0] * 6]


def test_a_row_that_is_not_packed_is_one_sentence() -> None:
    layout = Layout.of([2, 3])
    assert layout.segment_numbers().tolist() == [[0, 0, -1], [0, 0, 0]]
    assert layout.positions().tolist() == [[0, 1, 0], [0, 1, 2]]
    assert not layout.is_packed
    assert not Layout.packed([[2], [3]]).is_packed
    assert PACKED.is_packed


def test_picked_rows_keep_their_sentences() -> None:
    assert PACKED.select([1, 0]) == Layout.packed([[1, 0, 2], [3, 2]], width=6)
    assert PACKED.select(torch.tensor([1, 0])) == PACKED.select([1, 0])
    assert Layout.of([2, 3]).select([1]) == Layout((3,), 3)


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=4), st.integers(0, 3))
def test_numbers_and_positions_are_those_written_out(rows: list[list[int]], padding: int) -> None:
    layout = Layout.packed(rows, width=max(map(sum, rows)) + padding)
    for row, numbers, places in zip(rows, layout.segment_numbers(), layout.positions(), strict=True):
        rest = layout.width - sum(row)
        assert numbers.tolist() == [number for number, length in enumerate(row) for _ in range(length)] + [-1] * rest
        assert places.tolist() == [place for length in row for place in range(length)] + [0] * rest
    assert torch.equal(layout.real(), layout.segment_numbers() >= 0)


@pytest.mark.parametrize(
    ("segments", "complaint"),
    [
        (((3,),), "`segments` are given for 1 rows, but `lengths` for 2"),
        (((3,), (1,)), r"`segments` of row 1 must be lengths that add up to 2, but are \[1\]"),
        (((4, -1), (2,)), r"`segments` of row 0 must be lengths that add up to 3, but are \[4, -1\]"),
    ],
)
def test_segments_that_do_not_add_up_are_refused(segments: tuple[tuple[int, ...], ...], complaint: str) -> None:
    with pytest.raises(ShapeError, match=complaint):
        Layout((3, 2), 4, segments)


def test_a_length_outside_the_row_is_refused() -> None:
    with pytest.raises(ShapeError, match="between 0 and the width 3, but 4 is given"):
        Layout((4,), 3)
