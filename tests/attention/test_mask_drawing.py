"""A mask draws itself: as text that says everything without colour, and as a picture that a screen reader can read."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from regard.attention import Causal, Everything, Mask, mask_svg, mask_text, padding_from_lengths, parse_mask
from regard.attention.drawing.as_svg import _HATCHINGS
from regard.attention.reason import Reason
from regard.errors import ShapeError

SVG = "{http://www.w3.org/2000/svg}"
ALL_REASONS = "causal & window(1,9) & segments(2,3) & off(key=0) & padding(1)"


def test_a_mask_is_drawn_as_text() -> None:
    drawn = """\
query ↓ key → 0 1 2 3 4
            0 1 × × × ∅
            1 1 1 × × ∅
            2 ↔ 1 1 × ∅
            3 ↔ ↔ 1 1 ∅
            4 ↔ ↔ ↔ 1 ∅

1 may look · ∅ padding · × future · ↔ outside the window (where several hold: the first of these)
Rows are queries (who looks), columns are keys (who is looked at).
"""
    assert mask_text(parse_mask("causal & window(1,0) & padding(1)", length=5), 5) == drawn


def test_heads_that_differ_are_drawn_each() -> None:
    drawn = mask_text(parse_mask("off(head=1, key=0)", length=2), 2)
    assert drawn.split("\n\n")[:2] == [
        "head 0\nquery ↓ key → 0 1\n            0 1 1\n            1 1 1",
        "head 1\nquery ↓ key → 0 1\n            0 # 1\n            1 # 1",
    ]


def test_what_hides_nothing_says_so() -> None:
    assert "1 may look\nRows are" in mask_text(Everything(), 3)


@pytest.mark.parametrize(("length", "width"), [(32, 80), (64, 80), (120, 80), (12, 20)])
def test_a_wide_mask_is_drawn_close_with_its_positions_above(length: int, width: int) -> None:
    lines = mask_text(Causal(), length, width=width).splitlines()
    units = next(line for line in lines if line.startswith("query ↓ key →"))
    assert len(units) == len("query ↓ key → ") + length
    assert units.endswith(str((length - 1) % 10))
    row = next(line for line in lines if line.startswith(f"{length - 2:>13} "))
    assert row[14:] == "1" * (length - 1) + "×"
    assert all(line == line.rstrip() for line in lines)


def test_tens_stand_above_the_units_they_begin() -> None:
    tens, units = mask_text(Causal(), 25, width=20).splitlines()[:2]
    assert [units[place.start()] for place in re.finditer(r"\d", tens)] == ["0", "0"]
    assert tens.split() == ["1", "2"]


@pytest.fixture
def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(mask_svg(parse_mask(ALL_REASONS, length=6), 6, title='a <mask> & "more"'))


def test_a_picture_has_a_title_and_a_description(drawn: ElementTree.Element) -> None:
    assert drawn.findtext(f"{SVG}title") == 'a <mask> & "more"'
    assert drawn.findtext(f"{SVG}desc") == (
        "6 queries by 6 keys; 29 of 36 cells are hidden: ∅ padding · × future · ↔ outside the window · "
        "‖ another sentence · # switched off (where several hold: the first of these)."
    )
    assert drawn.get("aria-labelledby") == "title desc"


def test_cells_say_why_and_lie_where_they_belong(drawn: ElementTree.Element) -> None:
    cells: dict[tuple[int, int], str] = {}
    for rectangle in drawn.iter(f"{SVG}rect"):
        words = rectangle.findtext(f"{SVG}title")
        if words is None:  # a rectangle of the legend
            continue
        first, query, width = (int(rectangle.get(name, "")) // 22 for name in ("x", "y", "width"))
        assert words.startswith(f"query {query}, key")
        cells |= {(query, first + step): words for step in range(width)}
    mask = parse_mask(ALL_REASONS, length=6)
    codes = mask.reasons(6, 6)[0, 0].tolist()
    assert set(cells) == {(query, key) for query in range(6) for key in range(6)}
    for (query, key), words in cells.items():
        assert words.endswith("may look") == (codes[query][key] == 0)
        assert ("future" in words) == bool(codes[query][key] & Reason.FUTURE)
        assert ("padding" in words) == bool(codes[query][key] & Reason.PADDING)


def test_every_reason_has_a_hatching_of_its_own_and_nothing_comes_from_outside() -> None:
    assert set(_HATCHINGS) == set(Reason) - {Reason.VISIBLE}
    assert len(set(_HATCHINGS.values())) == len(_HATCHINGS)
    text = mask_svg(Causal(), 64, title="causal")
    assert re.findall(r"(?:href|src|style|on\w+)=", text) == []
    assert len(text) < 50_000


@pytest.mark.parametrize("mask", [Everything(), Causal(), parse_mask("off()", length=1)], ids=str)
def test_one_position_can_be_drawn(mask: Mask) -> None:
    ElementTree.fromstring(mask_svg(mask, 1, title="one"))
    assert mask_text(mask, 1).startswith("query ↓ key → 0\n")


def described(mask: Mask, length: int, row: int) -> str | None:
    return ElementTree.fromstring(mask_svg(mask, length, title="a row", row=row)).findtext(f"{SVG}desc")


def test_a_row_is_drawn_as_it_is_explained() -> None:
    padding = padding_from_lengths([1, 2])
    for row, marks in enumerate(("1∅", "11")):
        assert [padding.why(0, key, row=row) == "visible" for key in range(2)] == [mark == "1" for mark in marks]
        assert mask_text(padding, 2, row=row).splitlines()[1].split() == ["0", *marks]
    assert (described(padding, 2, 0) or "").startswith("2 queries by 2 keys; 2 of 4 cells are hidden")
    assert described(padding, 2, 1) == "2 queries by 2 keys; 0 of 4 cells are hidden."


def test_rows_that_share_a_mask_are_drawn_alike() -> None:
    assert Causal().why(0, 1, row=7) == Causal().why(0, 1)
    assert mask_text(Causal(), 3, row=7) == mask_text(Causal(), 3)
    assert described(Causal(), 3, 7) == described(Causal(), 3, 0)


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_is_not_there_is_refused(row: int) -> None:
    padding = padding_from_lengths([1, 2])
    asked: list[Callable[[], object]] = [
        lambda: padding.why(0, 0, row=row),
        lambda: mask_text(padding, 2, row=row),
        lambda: mask_svg(padding, 2, title="a row", row=row),
    ]
    for ask in asked:
        with pytest.raises(ShapeError, match=f"`row` must be at least 0 and below 2, but is {row}"):
            ask()


@pytest.mark.parametrize(
    ("title", "readable"),
    [
        ("causal\f&\n window(1,1)\x1c", "causal & window(1,1)"),
        ("a\x00b\x1b[1m", "a\ufffdb\ufffd[1m"),
        ("\udcff \ufffe 🙂 é", "\ufffd \ufffd 🙂 é"),
    ],
)
def test_any_title_makes_a_picture_that_can_be_read(title: str, readable: str) -> None:
    picture = ElementTree.fromstring(mask_svg(Causal(), 2, title=title).encode("utf-8"))
    assert picture.findtext(f"{SVG}title") == picture.findtext(f"{SVG}text") == readable
