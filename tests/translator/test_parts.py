"""Texts longer than a model may read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.text import normalise
from regard.translator.parts import ids_in_parts


def parts_of(text: str, tokenizer, max_tokens: int) -> list[str]:
    return [tokenizer.decode(ids) for ids in ids_in_parts(text, tokenizer, max_tokens=max_tokens)]


def test_a_text_that_fits_is_one_part(tokenizer) -> None:
    assert parts_of(" The cat. The dog. ", tokenizer, 100) == ["The cat. The dog."]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_has_no_parts(tokenizer, text: str) -> None:
    assert parts_of(text, tokenizer, 5) == []


def test_a_long_text_is_cut_between_sentences(tokenizer) -> None:
    text = 'The cat sat on the mat. "I love you!" The horse ran quickly… The dog?'
    assert parts_of(text, tokenizer, 22) == [
        "The cat sat on the mat.",
        '"I love you!"',
        "The horse ran quickly…",
        "The dog?",
    ]


def test_a_long_sentence_is_cut_between_words_and_a_long_word_anywhere(tokenizer) -> None:
    assert parts_of("cat " * 8, tokenizer, len(tokenizer.encode("cat cat"))) == ["cat cat"] * 4
    assert "".join(parts_of("x" * 50, tokenizer, 7)) == "x" * 50


def test_even_one_character_can_be_too_long(tokenizer) -> None:
    ids = ids_in_parts("😀", tokenizer, max_tokens=2)
    assert [each for part in ids for each in part] == tokenizer.encode("😀")


@given(
    text=st.text(st.sampled_from("abcT.!? \n\t😀é。"), max_size=60)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_tokens=st.integers(1, 12),
)
@settings(max_examples=100)
def test_no_part_is_too_long_and_nothing_but_space_is_lost(tokenizer, text: str, max_tokens: int) -> None:
    parts = ids_in_parts(text, tokenizer, max_tokens=max_tokens)
    assert all(1 <= len(part) <= max_tokens for part in parts)
    if max_tokens >= 5:  # below, a character may be cut
        joined = "".join(tokenizer.decode(part) for part in parts)
        assert normalise("".join(joined.split())) == normalise("".join(text.split()))


def test_a_huge_text_is_cut_quickly(tokenizer) -> None:
    parts = ids_in_parts("The cat sat on the mat. " * 20_000, tokenizer, max_tokens=100)
    assert len(parts) == 20_000
