"""Text from anywhere, made safe for a table."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.tracing.legible import LEFT_TO_RIGHT_MARK, display_width, fitted, legible


@pytest.mark.parametrize(
    "text", ["chat", "t'aime", "d\u2019or", "élève", "[bold]", "</script>", "猫", "🐈", "oui\u202f?", ""]
)
def test_ordinary_text_stays(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "<U+001B>[31mred"),
        ("a\nb\tc", "a<U+000A>b<U+0009>c"),
        ("\u202eevil", "<U+202E>evil"),
        ("👨\u200d👩", "👨<U+200D>👩"),
        ("❤\ufe0f", "❤<U+FE0F>"),
        ("a\u0301\u0302\u0303\u0304\u0305b", "a\u0301\u0302\u0303<U+0304><U+0305>b"),
        ("\u2028", "<U+2028>"),
        ("\ue000", "<U+E000>"),
        ("\x9b2J", "<U+009B>2J"),
    ],
)
def test_what_moves_the_cursor_is_written_as_its_number(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_right_to_left_words_end_with_a_mark_also_when_cut() -> None:
    word = legible("\u05e9\u05dc\u05d5\u05dd")
    assert word == f"{LEFT_TO_RIGHT_MARK}\u05e9\u05dc\u05d5\u05dd{LEFT_TO_RIGHT_MARK}"
    assert display_width(word) == 4
    assert fitted(word, 3) == f"{LEFT_TO_RIGHT_MARK}\u05e9\u05dc…{LEFT_TO_RIGHT_MARK}"
    assert fitted(f"after {word}", 8).endswith(LEFT_TO_RIGHT_MARK)


@pytest.mark.parametrize(
    ("text", "width", "left", "right"),
    [
        ("か\u3099", 3, "か\u3099 ", " か\u3099"),
        ("cat", 5, "cat  ", "  cat"),
        ("cat", 2, "c…", "c…"),
        ("猫猫", 3, "猫…", "猫…"),
        ("猫猫", 2, "… ", " …"),
        ("a", 0, "", ""),
    ],
)
def test_fitted(text: str, width: int, left: str, right: str) -> None:
    assert fitted(text, width) == left
    assert fitted(text, width, "right") == right


@settings(max_examples=200)
@given(st.text(max_size=30), st.integers(0, 40))
def test_any_text_takes_exactly_its_width_and_holds_nothing_untrusted(text: str, width: int) -> None:
    shown = legible(text)
    assert display_width(fitted(shown, width)) == width
    assert display_width(fitted(shown, width, "right")) == width
    categories = {unicodedata.category(c) for c in fitted(shown, width).replace(LEFT_TO_RIGHT_MARK, "")}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
