"""Masks are values with one polarity; combining them is an intersection; each says one sentence about two positions."""

import pytest
import torch
from torch import Tensor

from regard.attention import (
    Ancestry,
    Causal,
    Cell,
    Everything,
    Mask,
    Padding,
    Prefix,
    Reason,
    Segments,
    SwitchedOff,
    Window,
    intersection,
)
from regard.errors import ShapeError
from regard.layout import Layout

LAYOUT = Layout((2, 4, 0), 4)
PACKED = Layout.packed([[2, 3], [1, 1, 2]], width=6)


def drawn(mask: Mask, length: int, *, row: int = 0, head: int = 0) -> list[str]:
    """One string per query: # where it may look."""
    allowed: Tensor = mask.allowed(length, length)[row, head]
    return ["".join("#" if cell else "." for cell in cells) for cells in allowed.tolist()]


@pytest.mark.parametrize("length", [0, 1, 5, 64])
def test_causal_is_lower_triangular(length: int) -> None:
    assert torch.equal(Causal().allowed(length, length)[0, 0], torch.tril(torch.ones(length, length)).bool())


def test_padding_hides_keys_and_never_queries() -> None:
    assert drawn(Padding(LAYOUT), 4) == ["##..", "##..", "##..", "##.."]
    assert Padding(LAYOUT).allowed(3, 4).shape == (3, 1, 3, 4)


def test_a_window_reaches_left_and_right() -> None:
    assert drawn(Window(1, 2), 5) == ["###..", "####.", ".####", "..###", "...##"]
    assert drawn(Causal() & Window(1, 9), 4) == ["#...", "##..", ".##.", "..##"]


def test_a_prefix_is_for_all_and_the_rest_is_causal() -> None:
    assert drawn(Prefix(2), 4) == ["##..", "##..", "###.", "####"]
    assert drawn(Prefix(0), 4) == drawn(Causal(), 4)


def test_packed_sentences_do_not_see_each_other_and_padding_is_not_their_subject() -> None:
    assert drawn(Segments(PACKED), 6) == ["##...#", "##...#", "..####", "..####", "..####", "######"]
    assert drawn(Segments(PACKED) & Padding(PACKED), 6, row=1) == [
        "#.....",
        ".#....",
        "..##..",
        "..##..",
        "####..",
        "####..",
    ]


def test_the_nth_sentence_of_a_target_row_looks_at_the_nth_of_the_source_row() -> None:
    target = Layout.packed([[1, 2], [1, 1, 1]], width=3)
    allowed = Segments(PACKED, queries=target).allowed(3, 6)
    assert allowed[0, 0].int().tolist() == [[1, 1, 0, 0, 0, 1], [0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1]]
    assert allowed[1, 0, 2].int().tolist() == [0, 0, 1, 1, 1, 1]


def test_one_sentence_per_row_is_one_segment() -> None:
    assert torch.equal(Segments(LAYOUT).allowed(4, 4), torch.ones(3, 1, 4, 4, dtype=torch.bool))


def test_a_head_a_query_or_a_key_can_be_switched_off_alone() -> None:
    mask = SwitchedOff([Cell(head=1), Cell(query=0, key=2), Cell(head=0, key=1)], num_heads=2)
    assert drawn(mask, 3) == ["#..", "#.#", "#.#"]
    assert drawn(mask, 3, head=1) == ["...", "...", "..."]
    assert SwitchedOff([Cell(key=1)], num_heads=8).allowed(3, 3).shape == (1, 1, 3, 3)
    assert SwitchedOff([Cell(key=1)], 8) == SwitchedOff([Cell(key=1), Cell(key=1)], 8)


def test_beams_see_the_cells_of_their_own_past() -> None:
    mask = Ancestry.at_start(1, beam_size=2).then([[0, 0]]).then([[1, 0]])
    assert mask == Ancestry((((0, 0), (1, 0)),), beam_size=2)
    assert drawn(mask, 6) == ["#.....", ".#....", "#.#...", "#..#..", "#..##.", "#.#..#"]
    assert mask.reasons(2, 6, first_query=4)[0, 0, 0].tolist() == [0, 64, 64, 0, 0, 64]


def test_beams_of_several_sentences_have_a_row_each() -> None:
    mask = Ancestry.at_start(2, beam_size=2).then([[0, 1], [1, 1]])
    assert drawn(mask, 4, row=0) == ["#...", ".#..", "#.#.", ".#.#"]
    assert drawn(mask, 4, row=1) == ["#...", ".#..", ".##.", ".#.#"]


def test_a_combination_remembers_its_parts() -> None:
    mask = Causal() & Padding(LAYOUT)
    assert mask.parts == {Causal(), Padding(LAYOUT)}
    assert repr(mask) == f"Causal() & {Padding(LAYOUT)!r}"
    assert intersection([]) == Everything()
    assert intersection([Causal(), Causal() & Window(1, 1)]) == Window(1, 1) & Causal()


def test_masks_written_differently_are_different_masks() -> None:
    """Nothing is merged: a combination says what it was made of, even where a part alone would do."""
    assert Window(3, 0) & Window(5, 5) != Window(3, 0)
    assert torch.equal((Window(3, 0) & Window(5, 5)).allowed(8, 8), Window(3, 0).allowed(8, 8))


def test_reasons_add_up() -> None:
    mask = Causal() & Padding(LAYOUT) & Window(0, 9)
    assert mask.reasons(4, 4)[0, 0].tolist() == [[0, 2, 3, 3], [4, 0, 3, 3], [4, 4, 1, 3], [4, 4, 5, 1]]
    assert Reason(3) == Reason.PADDING | Reason.FUTURE


@pytest.mark.parametrize(
    ("mask", "query", "key", "sentence"),
    [
        (Causal(), 3, 3, "visible"),
        (Causal() & Padding(LAYOUT), 0, 3, "dark: position 3 is in the future and is padding"),
        (Padding(LAYOUT), 9, 2, "dark: position 2 is padding"),
        (Window(1, 1), 5, 3, "dark: position 3 is outside the window"),
        (Prefix(1), 0, 2, "dark: position 2 comes later and is not in the prefix"),
        (Segments(PACKED), 0, 3, "dark: position 3 belongs to another sentence"),
        (SwitchedOff([Cell(key=2)], 4), 0, 2, "dark: position 2 is switched off"),
        (Ancestry.at_start(1, 2), 0, 1, "dark: position 1 belongs to another hypothesis"),
    ],
)
def test_any_cell_says_why_in_one_line(mask: Mask, query: int, key: int, sentence: str) -> None:
    assert mask.why(query, key) == sentence


def test_why_knows_rows_and_heads() -> None:
    mask = Padding(LAYOUT) & SwitchedOff([Cell(head=1, key=0)], 2)
    assert mask.why(0, 0, row=1, head=0) == "visible"
    assert mask.why(0, 0, row=2, head=1) == "dark: position 0 is padding and is switched off"
    assert Causal().why(0, 0, row=7, head=7) == "visible"


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (
            lambda: Padding(LAYOUT).allowed(5, 5),
            "4 cells wide, but the keys are 5; make it from the layout of the keys",
        ),
        (lambda: Padding(LAYOUT).view(5, 5), "4 cells wide, but the keys are 5"),
        (lambda: Padding(Layout((4,), 4)).view(5, 5), "4 cells wide, but the keys are 5"),
        (
            lambda: Segments(PACKED).allowed(7, 6),
            "6 cells wide, but queries reach position 6; make it from the layout of the q",
        ),
        (lambda: Segments(PACKED, queries=LAYOUT), r"queries hold \[1, 1, 1\] and keys \[2, 3\]"),
        (lambda: Padding(LAYOUT) & Padding(Layout((4, 4), 4)), "must fit the same rows, but are made for 2, 3 rows"),
        (lambda: Padding(LAYOUT) & Segments(Layout((5,), 5)), "must fit the same keys, but are made for 4, 5 keys"),
        (lambda: SwitchedOff([Cell(0)], 2) & SwitchedOff([Cell(0)], 4), "the same heads, but are made for 2, 4 heads"),
        (lambda: Window(-1, 0), r"0 or more positions to each side, but Window\(left=-1, right=0\) is given"),
        (lambda: Prefix(-1), r"0 or more positions, but Prefix\(length=-1\) is given"),
        (lambda: SwitchedOff([Cell(head=2)], 2), r"2 heads \(0 to 1\) has no Cell\(head=2, query=None, key=None\)"),
        (lambda: SwitchedOff([Cell(key=-1)], 2), "has no Cell"),
        (lambda: Ancestry.at_start(1, 2).then([[0, 2]]), r"one parent per beam, from 0 to 1, but one is \[0, 2\]"),
        (lambda: Ancestry.at_start(1, 2).then([[0]]), r"one parent per beam, from 0 to 1, but one is \[0\]"),
        (lambda: Ancestry((((0,),), ()), 1), r"given are 1 beams and rows of \[1, 0\] steps"),
        (lambda: Padding(LAYOUT).why(0, 4), "`key` must be at least 0 and below 4, but is 4"),
        (lambda: Padding(LAYOUT).why(0, 0, row=3), "`row` must be at least 0 and below 3, but is 3"),
        (lambda: Causal().why(-1, 0), "`query` must be at least 0, but is -1"),
    ],
)
def test_what_does_not_fit_is_refused(call: object, complaint: str) -> None:
    assert callable(call)
    with pytest.raises(ShapeError, match=complaint):
        call()
