"""What the modules compute, in the browser: colours, numbers as text, words, the address, names of tokens."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from regard.attention.marks import legend, mark
from regard.attention.reason import Reason
from regard.text import BOS, EOS
from regard.tracing.by_word import Word, words_of_tokens
from regard.tracing.cell import hidden_because
from regard.tracing.colours import Domain, colour_of
from regard.tracing.header import Token
from regard.tracing.labels import piece_label
from regard.tracing.report_data import THUMBNAIL, thumbnails

BOTH = pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])


def grey(page: Page, is_dark: bool, scale: str) -> list[float]:
    """The luminance along a scale of colours."""
    found = page.evaluate(f"(dark) => palette.paletteOf(dark).{scale}.map(palette.luminance)", is_dark)
    return [float(value) for value in found]


@BOTH
@pytest.mark.parametrize("scale", ["weights", "scores"])
def test_colours_are_monotone_in_grey(modules: Page, scale: str, is_dark: bool) -> None:
    luminance = grey(modules, is_dark, scale)
    assert len(luminance) == 256
    sign = 1 if is_dark else -1
    # Channels are whole numbers: a hue may turn without growing darker for a step or two.
    assert all(sign * (after - before) > -0.004 for before, after in pairwise(luminance))
    assert all(sign * (after - before) > 0 for before, after in pairwise(luminance[::32]))


@pytest.mark.parametrize(("scale", "bound"), [("weights", 1.0), ("scores", 3.5)])
def test_colours_are_those_of_figures(modules: Page, scale: Domain, bound: float) -> None:
    name = {"weights": "weightColour", "scores": "scoreColour"}[scale]
    for value in (-4.0, -3.5, -1.2, 0.0, 0.3, 1.0, 3.5):
        found = modules.evaluate(f"(given) => palette.{name}(palette.paletteOf(false), ...given)", [value, bound])
        # The browser's scale has 256 steps.
        assert found == pytest.approx(colour_of(value, scale, bound), abs=2)


def test_three_pieces_of_a_character_are_one_word(modules: Page) -> None:
    tokens = [token("a", 0) | {"span": [0, 1]}, *[token("é", 0) | {"span": [1, 2], "piece": "<0xC3>"}] * 2]
    assert modules.evaluate("(tokens) => words.groupsOf(tokens)[0].name", tokens) == "aé"


@pytest.mark.parametrize(
    ("id_", "piece"), [(7, "▁chat"), (7, "s"), (7, "▁"), (7, "."), (7, "<0xC3>"), (EOS, "</s>"), (BOS, "<s>")]
)
def test_candidates_are_called_as_in_python(modules: Page, id_: int, piece: str) -> None:
    tokens = {"source": [{"id": EOS, "kind": "eos"}], "target_in": [{"id": BOS, "kind": "bos"}]}
    found = modules.evaluate(
        "([each, tokens]) => trace.candidateName(each, tokens)", [{"id": id_, "piece": piece}, tokens]
    )
    assert found == piece_label(id_, piece)


@BOTH
def test_zero_is_grey_in_the_diverging_scale(modules: Page, is_dark: bool) -> None:
    red, green, blue = modules.evaluate("(dark) => palette.scoreColour(palette.paletteOf(dark), 0, 7)", is_dark)
    assert max(red, green, blue) - min(red, green, blue) <= 10


@BOTH
@pytest.mark.parametrize("scale", ["weights", "scores"])
def test_digits_can_be_read_on_every_colour(modules: Page, scale: str, is_dark: bool) -> None:
    inks = modules.evaluate(f"(dark) => palette.paletteOf(dark).{scale}.map(palette.inkOn)", is_dark)
    for ink, luminance in zip(inks, grey(modules, is_dark, scale), strict=True):
        contrast = (luminance + 0.05) / 0.05 if ink == "#000000" else 1.05 / (luminance + 0.05)
        assert contrast >= 4.5


def test_weights_outside_their_range_have_the_nearest_colour(modules: Page) -> None:
    colours = modules.evaluate(
        "() => [-1, 0, 1, 2].map((each) => palette.weightColour(palette.paletteOf(false), each))"
    )
    assert colours[0] == colours[1]
    assert colours[2] == colours[3]


@settings(max_examples=20)
@given(st.lists(st.floats(min_value=1e-12, max_value=2.0**40) | st.just(0.0), min_size=50, max_size=50))
def test_three_digits_are_those_of_python(modules: Page, numbers: list[float]) -> None:
    shown = modules.evaluate("(numbers) => numbers.map(cell.shown)", numbers)
    for number, text in zip(numbers, shown, strict=True):
        assert text == (f"{number:.3g}" if number else "0")


TIES = [0.03125, 0.125, 0.375, 1.125, 12.25, 122.5, 123.5, 999.5, 1005.0, 1015.0, 9995.0, 3.125e19]
"""Halfway between two numbers of three digits, and no nearer to either: such goes to the even one."""


def test_ties_of_three_digits_are_those_of_python(modules: Page) -> None:
    numbers = [sign * number for number in TIES for sign in (1, -1)]
    assert modules.evaluate("(numbers) => numbers.map(cell.shown)", numbers) == [f"{each:.3g}" for each in numbers]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0.00"),
        (-0.001, "0.00"),
        (-1.5, "−1.50"),
        (0.005, "0.01"),  # the nearest number that a computer has is a little larger
        (12.345, "12.35"),
        (0.125, "0.12"),
        (-0.375, "−0.38"),
    ],
)
def test_two_decimals(modules: Page, number: float, text: str) -> None:
    assert modules.evaluate("(number) => cell.decimals(number)", number) == text


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_ties_are_those_of_python(modules: Page, digits: int) -> None:
    numbers = [number / 2 ** (digits + 1) for number in range(-101, 102)]
    found = modules.evaluate(
        "([numbers, digits]) => numbers.map((each) => cell.decimals(each, digits))", [numbers, digits]
    )
    expected = [f"{number:.{digits}f}".replace("-", "−") for number in numbers]
    assert found == [text.replace("−", "") if float(text.replace("−", "-")) == 0 else text for text in expected]


def test_half_a_percent_goes_to_the_even_one(modules: Page) -> None:
    given = {"weight": 1, "norm": 1, "contribution": 1, "share": 0.125}
    assert modules.evaluate("(given) => cell.contributionOf(given)", given).endswith(
        f", {0.125:.0%} of what all keys add"
    )


@pytest.mark.parametrize("code", [int(reason) for reason in Reason if reason] + [0, 3, 12, 35, 127])
def test_reasons_are_those_of_python(modules: Page, code: int) -> None:
    sign, words, drawn = modules.evaluate(
        "(code) => [reasons.signOf(code), reasons.wordsOf(code), reasons.reasonsDrawn([0, code])]", code
    )
    assert sign == (mark(code) if code else "")
    assert words == hidden_because(code)
    assert " · ".join(f"{each['sign']} {each['words']}" for each in drawn) == legend([code])


def token(text: str, word: int | None, kind: str = "piece") -> dict[str, Any]:
    return {"text": text, "piece": text, "word": word, "kind": kind, "span": None}


def test_pieces_of_a_word_are_grouped(modules: Page) -> None:
    tokens = [
        token("The", 0),
        token(" fluff", 1) | {"span": [3, 9]},
        token("y", 1) | {"span": [9, 10]},
        token("", None, "eos"),
        token("", None, "pad"),
    ]
    groups = modules.evaluate("(tokens) => words.groupsOf(tokens)", tokens)
    assert [(group["name"], group["places"]) for group in groups] == [
        ("The", [0]),
        ("fluffy", [1, 2]),
        ("⟨end⟩", [3]),
        ("∅", [4]),
    ]


KINDS = st.sampled_from(["piece", "unk", "pad"])
WORDS = st.lists(st.tuples(KINDS, st.integers(0, 2)), max_size=8)


@settings(max_examples=50)
@given(WORDS)
@example([("piece", 0), ("unk", 0), ("piece", 0), ("unk", 1), ("unk", 1)])
def test_words_are_those_of_python(modules: Page, drawn: list[tuple[str, int]]) -> None:
    tokens = [
        token("ab", None if kind == "pad" else word, kind) | {"span": [2 * place, 2 * place + 2]}
        for place, (kind, word) in enumerate(drawn)
    ]
    rows = [Token(i=place, id=place, **{**each, "span": tuple(each["span"])}) for place, each in enumerate(tokens)]
    found = modules.evaluate("(tokens) => words.groupsOf(tokens)", tokens)
    assert [Word(each["name"], tuple(each["places"])) for each in found] == list(words_of_tokens(rows))


def test_an_unknown_piece_belongs_to_its_word(modules: Page) -> None:
    tokens = [token("fluf", 0) | {"span": [0, 4]}, token("f", 0, "unk") | {"span": [4, 5]}]
    tokens += [token("y", 0) | {"span": [5, 6]}, token("?", 1, "unk") | {"span": [6, 7]}]
    groups = modules.evaluate("(tokens) => words.groupsOf(tokens)", tokens)
    assert [(group["name"], group["places"]) for group in groups] == [("fluffy", [0, 1, 2]), ("⟨unknown⟩", [3])]


def test_weights_by_word_sum_keys_and_average_queries(modules: Page) -> None:
    found = modules.evaluate(
        """() => Array.from(words.weightsByWord({rows: 2, columns: 3, data: [0.1, 0.2, 0.7, 0.5, 0.3, 0.2]},
             [{places: [0, 1]}], [{places: [0]}, {places: [1, 2]}]).data)"""
    )
    assert found == pytest.approx([0.3, 0.7])


def test_a_word_is_dark_only_where_all_of_it_is(modules: Page) -> None:
    found = modules.evaluate(
        """() => Array.from(words.codesByWord({rows: 2, columns: 3, data: [0, 2, 3, 0, 0, 1]},
             [{places: [0]}, {places: [1]}], [{places: [0]}, {places: [1, 2]}]).data)"""
    )
    assert found == [0, 2, 0, 0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m", "a<U+001B>[31m"),
        ("\u202eabc", "<U+202E>abc"),
        ("שלום", "שלום"),
        ("👩‍👧", "👩‍👧"),
        ("\ufeff\u2028", "<U+FEFF><U+2028>"),
    ],
    ids=["escape", "override", "hebrew", "emoji", "separator"],
)
def test_what_cannot_be_seen_is_written_as_its_number(modules: Page, text: str, shown: str) -> None:
    assert modules.evaluate("(text) => element.legible(text)", text) == shown


@pytest.mark.parametrize(
    ("piece", "text", "shown"),
    [("▁the", " the", "the"), ("▁", " ", " "), ("<0xF0>", "👩", "<0xF0>"), ("▁a", "", "▁a")],
    ids=["word", "space", "byte", "no text"],
)
def test_tokens_are_called_by_their_text(modules: Page, piece: str, text: str, shown: str) -> None:
    assert modules.evaluate("([piece, text]) => trace.textOf({piece, text})", [piece, text]) == shown


def test_a_long_name_is_shortened_between_characters(modules: Page) -> None:
    assert modules.evaluate('() => element.shortened("x".repeat(300), 10)') == "xxxxxxxxx…"
    assert modules.evaluate('() => element.shortened("👩👧👩👧", 3)') == "👩👧…"


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("#kind=encoder.self&layer=2&head=3&by=word", {"layer": 2, "head": 3, "kind": "encoder.self", "by": "word"}),
        ("#layer=-1&head=1e9&query=x&step=all&kind=__proto__", {}),
        ("#layer=99999999999999999999", {}),
        ("", {}),
    ],
    ids=["good", "bad", "large", "empty"],
)
def test_addresses_are_read_with_care(modules: Page, address: str, read: dict[str, Any]) -> None:
    assert modules.evaluate("(address) => state.readHash(address)", address) == read


@pytest.mark.parametrize(("selected", "count", "start"), [(0, 10, 0), (5, 24, 0), (30, 60, 18), (59, 60, 36)])
def test_the_window_holds_the_selected_cell(modules: Page, selected: int, count: int, start: int) -> None:
    assert modules.evaluate("([one, other]) => table.windowStart(one, other)", [selected, count]) == start


@pytest.mark.parametrize(
    ("key", "change"),
    [("c", {"kind": "decoder.cross"}), ("2", {"step": "mask"}), ("h", {"head": 2}), ("L", {"layer": 2}), ("x", None)],
)
def test_keys_change_the_selection(modules: Page, key: str, change: dict[str, Any] | None) -> None:
    assert modules.evaluate("(key) => keyboard.changeOf(key, {head: 1, layer: 3})", key) == change


OPENING = """
({rows, columns, data, count}) => opening.openingOf({
  kinds: ["decoder.cross"],
  ofKind: () => [{key: "decoder.0.cross", layer: 0, num_heads: 1, query_tokens: "target_in", key_tokens: "source"}],
  count: (row) => count[row],
  source: {thumbnail: () => ({rows, columns, data: Uint8Array.from(data)})},
})
"""


@pytest.mark.parametrize("num_queries", [1, 2, 32, 64, 200])
@pytest.mark.parametrize(("num_keys", "key"), [(5, 3), (32, 31), (64, 40), (64, 63), (100, 77)])
def test_a_page_opens_where_the_second_word_looks(modules: Page, num_queries: int, num_keys: int, key: int) -> None:
    weights = np.zeros((1, num_queries, num_keys), np.float32)
    weights[0, min(1, num_queries - 1), key] = 1
    weights[0, num_queries // 2 :, 0] += 0.5
    picture = thumbnails(weights)[0]
    given = {"rows": picture.shape[0], "columns": picture.shape[1], "data": picture.ravel().tolist()}
    found = modules.evaluate(OPENING, given | {"count": {"target_in": num_queries, "source": num_keys}})
    assert found["query"] == min(1, num_queries - 1)
    # A cell of a small picture stands for several keys; the first of them is shown.
    starts = np.arange(min(num_keys, THUMBNAIL)) * num_keys // min(num_keys, THUMBNAIL)
    assert found["key"] == starts[starts <= key].max()
