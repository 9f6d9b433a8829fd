"""Where each token stands in the text it came from, or in the text it makes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.text import Tokenizer, normalise
from regard.text.spans import source_spans, target_spans
from regard.text.vocabulary import FIRST_BYTE

TOKENIZERS = {
    kind: Tokenizer.train(["the cat chased", "le chat ▁ dort", "▁\ue000▁ été"] * 50, kind=kind, vocab_size=300)
    for kind in ("bpe", "unigram", "word", "character")
}
TOKENIZER = TOKENIZERS["bpe"]
# Letters that compose, marks out of order, Hangul by its parts, escapes, spaces of every kind.
NEAR_THE_EDGES = st.text(alphabet="ae\u0301\u0323\u0308 ▁\ue000\ue001\u1100\u1161\u11a8\u09c7\u09be\u212b\n\u2003é😀")


def parts(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[begin:end] for begin, end in spans]


def test_pieces_cover_their_letters_and_not_the_space_before() -> None:
    text = "the cat"
    ids = TOKENIZERS["word"].encode(text)
    assert parts(text, source_spans(TOKENIZERS["word"], ids, text)) == ["the", "cat"]


def test_space_around_the_text_is_counted() -> None:
    text = " \n the cat  "
    ids = TOKENIZERS["word"].encode(text.strip())
    assert source_spans(TOKENIZERS["word"], ids, text) == [(3, 6), (7, 10)]


def test_all_bytes_of_an_emoji_cover_it() -> None:
    text = "a😀b"
    ids = TOKENIZERS["character"].encode(text)
    assert parts(text, source_spans(TOKENIZERS["character"], ids, text))[-6:] == ["a", "😀", "😀", "😀", "😀", "b"]


def test_a_composed_letter_covers_the_letter_and_the_mark_it_came_from() -> None:
    text = "e\u0301te\u0301 the"  # "été", written with separate accents
    ids = TOKENIZERS["word"].encode(text)
    assert parts(text, source_spans(TOKENIZERS["word"], ids, text)) == ["e\u0301te\u0301", "the"]


def test_a_typed_space_mark_is_one_character_again() -> None:
    text = "x▁y"
    ids = TOKENIZERS["character"].encode(text)
    covered = parts(text, source_spans(TOKENIZERS["character"], ids, text))
    assert "".join(dict.fromkeys(covered)) == text


def test_a_broken_character_is_shown_once() -> None:
    ids = [FIRST_BYTE + 0xF0, FIRST_BYTE + 0x9F, *TOKENIZER.encode("the")]
    text = TOKENIZER.decode(ids)
    assert text.startswith("\ufffd")
    assert parts(text, target_spans(TOKENIZER, ids))[:2] == ["\ufffd", "\ufffd"]


@pytest.mark.parametrize("kind", TOKENIZERS)
@settings(max_examples=60)
@given(text=st.text(max_size=20) | NEAR_THE_EDGES)
def test_every_character_is_covered_and_spans_go_forward(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode(text.strip())
    spans = source_spans(tokenizer, ids, text)
    assert all(0 <= begin <= end <= len(text) for begin, end in spans)
    assert spans == sorted(spans)
    covered = {place for begin, end in spans for place in range(begin, end)}
    assert all(text[place].isspace() for place in set(range(len(text))) - covered)


@pytest.mark.parametrize("kind", TOKENIZERS)
@settings(max_examples=60)
@given(text=st.text(max_size=20) | NEAR_THE_EDGES)
def test_what_is_covered_spells_the_token(kind: str, text: str) -> None:
    """Tokens whose characters are theirs alone say exactly what their span of the original says, once normalised."""
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode(text.strip())
    spans, plain = source_spans(tokenizer, ids, text), text == normalise(text) and "▁" not in text
    for identifier, (begin, end) in zip(ids, spans, strict=True):
        surface = tokenizer.surface(identifier).decode("utf-8", "replace")
        if plain and "\ufffd" not in surface and not set(surface) & set("\ue000\ue001") and surface.strip(" "):
            assert text[begin:end] == surface.strip(" ")


@settings(max_examples=200)
@given(st.lists(st.integers(0, TOKENIZER.vocab_size - 1), max_size=15))
def test_any_ids_have_spans_in_what_they_decode_to(ids: list[int]) -> None:
    text = TOKENIZER.decode(ids)
    spans = target_spans(TOKENIZER, ids)
    assert len(spans) == len(ids)
    assert all(0 <= begin <= end <= len(text) for begin, end in spans)
    covered = {place for begin, end in spans for place in range(begin, end)}
    assert all(text[place] == " " for place in set(range(len(text))) - covered)
