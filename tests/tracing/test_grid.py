"""Tables of what queries give to keys: exact, legible without colour, and never broken."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.attention.marks import legend, mark
from regard.attention.reason import Reason
from regard.tracing.grid import Grid, Totals, digits, shade
from regard.tracing.legible import display_width, legible
from regard.tracing.mask_grid import MaskGrid
from regard.tracing.table_text import Tone, beside

FUTURE, PADDING = int(Reason.FUTURE), int(Reason.PADDING)


def grid(values: list[list[float]], **options) -> Grid:
    array = np.array(values, dtype=np.float32)
    keys = tuple(f"k{number}" for number in range(array.shape[1]))
    return Grid(tuple("abcdefgh"[: array.shape[0]]), keys, array, options.pop("domain", "weights"), **options)


def codes(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, dtype=np.uint8)


def test_a_table_names_queries_and_keys() -> None:
    assert grid([[0.5, 0.5], [0.0, 1.0]]).lines() == [
        "query ↓ key →    k0    k1",
        "a             0.50▒ 0.50▒",
        "b             0.00  1.00█",
    ]


def test_zero_masked_and_not_computed_look_different() -> None:
    table = grid([[0.0, 0.7, 0.3]], codes=codes([[0, FUTURE, 0]]), computed=np.array([[True, True, False]]))
    assert table.lines()[1] == "a             0.00     ×"
    padded = grid([[0.0, 0.7]], codes=codes([[0, PADDING]]))
    assert padded.lines()[1] == "a             0.00     ∅"


def test_totals_stand_in_a_last_column() -> None:
    table = grid([[0.25, 0.5]], totals=Totals("sum", np.array([0.75])))
    assert table.lines()[0].endswith("sum")
    assert table.lines()[1].endswith("0.75")


def test_scores_have_a_sign_and_a_shade_of_their_size() -> None:
    table = grid([[-2.0, 1.0, -0.001]], domain="scores")
    assert table.lines()[1].split() == ["a", "-2.00█", "1.00▒", "0.00"]
    wider = grid([[-2.0, 1.0, -0.001]], domain="scores", extent=4.0)
    assert wider.lines()[1].split() == ["a", "-2.00▒", "1.00░", "0.00"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.004, "0.00"), (-0.004, "0.00"), (-1.005, "-1.00"), (123.456, "123.46"), (-3e7, "-3.0e+07")],
)
def test_digits(value: float, text: str) -> None:
    assert digits(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_said(value: float) -> None:
    assert digits(value) == str(value)
    assert str(value) in grid([[value, 1.0]], domain="scores").lines()[1]


def test_shades_grow_with_the_level() -> None:
    assert [shade(level) for level in (0.0, 0.2, -0.5, 0.7, -1.0)] == [" ", "░", "▒", "▓", "█"]


def test_too_wide_a_table_becomes_a_list_per_query() -> None:
    values = np.linspace(0.001, 0.02, 30)[None]
    table = Grid(("query",), tuple(f"key{number}" for number in range(30)), values, "weights")
    heading, line = table.lines(width=60)
    assert heading == "query  keys, largest first"
    assert line.startswith("query  key29 0.02  key28 0.02  ")
    assert "+" in line
    assert " more: 0." in line
    assert display_width(line) <= 60


def test_a_list_of_the_largest() -> None:
    table = grid([[0.1, 0.6, 0.3], [0.0, 0.0, 0.0]], codes=codes([[0, 0, 0], [PADDING] * 3]))
    assert table.lines(top=2)[1:] == ["a      k1 0.60▓  k2 0.30░  +1 more: 0.10", "b      sees nothing"]
    assert table.ranked(0, top=5) == "k1 0.60▓  k2 0.30░  k0 0.10░"


def test_a_list_tells_keys_of_one_name_apart() -> None:
    table = Grid(("a",), ("the", "cat", "the"), np.array([[0.5, 0.2, 0.3]]), "weights")
    assert table.ranked(0) == "the(0) 0.50▒  the(2) 0.30░  cat 0.20░"


def test_a_paint_gets_the_level_of_each_cell_and_the_text_stays_whole() -> None:
    tones: list[tuple[str, Tone]] = []

    def paint(text: str, tone: Tone) -> str:
        tones.append((text.strip(), tone))
        return f"<{text}>"

    lines = grid([[0.25, 0.5]], codes=codes([[0, FUTURE]])).lines(paint=paint)
    assert lines[1] == "<a            > <0.25░> <   × >"
    assert ("0.25░", Tone("sequential", 0.25)) in tones
    assert ("×", Tone("hidden")) in tones


def test_a_mask() -> None:
    mask = MaskGrid(("The", "cat"), ("The", "cat"), codes([[0, FUTURE], [0, 0]]))
    assert mask.lines() == ["query ↓ key → The cat", "The             1   ×", "cat             1   1"]
    assert mask.legend == "× future"


def test_a_wide_mask_names_keys_by_position_and_a_wider_one_ranges() -> None:
    names = tuple(f"word{number}" for number in range(10))
    mask = MaskGrid(names, names, np.triu(np.full((10, 10), FUTURE, np.uint8), 1))
    assert mask.lines(width=40)[0] == "query ↓ key → 0 1 2 3 4 5 6 7 8 9"
    assert mask.lines(width=24)[2] == "word2  sees 0-2  × 3-9"
    assert mask.lines(width=24)[9] == "word9  sees 0-9"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason])
def test_each_reason_has_a_mark_of_its_own(reason: Reason) -> None:
    assert [mark(int(other)) for other in Reason if other].count(mark(int(reason))) == 1
    assert legend([0, int(reason)]).startswith(mark(int(reason)) + " ")
    assert "several" not in legend([int(reason)])


def test_where_several_reasons_hold_the_first_is_drawn() -> None:
    assert mark(FUTURE | PADDING) == "∅"
    assert legend([FUTURE, FUTURE | PADDING]) == "∅ padding · × future (where several hold: the first of these)"
    assert legend([0]) == ""


def test_beside_and_below() -> None:
    assert beside(["a", "bb"], ["c"], width=20) == ["a     c", "bb"]
    assert beside(["aaaa"], ["bbbb"], width=10) == ["aaaa", "", "bbbb"]


@settings(max_examples=40)
@given(st.data(), st.integers(1, 6), st.integers(1, 8), st.integers(40, 100))
def test_no_token_breaks_a_table(data, num_queries: int, num_keys: int, width: int) -> None:
    names = st.text(max_size=20).map(legible)
    queries = tuple(data.draw(st.lists(names, min_size=num_queries, max_size=num_queries)))
    keys = tuple(data.draw(st.lists(names, min_size=num_keys, max_size=num_keys)))
    shape = (num_queries, num_keys)
    hidden = np.random.default_rng(num_queries).integers(0, 2, shape).astype(np.uint8)
    values = np.random.default_rng(num_keys).normal(size=shape) * 3
    for lines in (
        Grid(queries, keys, values, "scores", hidden).lines(width=width),
        MaskGrid(queries, keys, hidden).lines(width=width),
    ):
        assert num_queries <= len(lines) <= num_queries + 1
        assert max(map(display_width, lines)) <= max(width, 60)
        assert not any(character in line for line in lines for character in "\n\r\x1b\u202e")
