import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text import BOS, EOS, TextStream, Tokenizer
from regard.text.vocabulary import FIRST_BYTE

TOKENIZER = Tokenizer.train(["the cat", "le chat ▁", "▁\ue000▁"] * 50, vocab_size=300)
IDS = st.lists(st.integers(0, TOKENIZER.vocab_size - 1))


def streamed(ids: list[int]) -> list[str]:
    stream = TextStream(TOKENIZER)
    return [*(stream.feed(identifier) for identifier in ids), stream.finish()]


@given(IDS)
def test_any_ids_stream_as_they_decode(ids):
    assert "".join(streamed(ids)) == TOKENIZER.decode(ids)


@given(st.text() | st.text(alphabet="▁\ue000\ue001 é"))
def test_texts_stream_as_they_decode(text):
    ids = TOKENIZER.encode(text)
    assert "".join(streamed(ids)) == TOKENIZER.decode(ids)


def test_words_leave_at_once_and_characters_when_complete():
    smile = [FIRST_BYTE + byte for byte in "😀".encode()]
    assert streamed([BOS, *TOKENIZER.encode("the"), *smile, EOS])[-6:] == ["", "", "", "😀", "", ""]
    assert "".join(streamed(TOKENIZER.encode("the cat"))[:-1]) == "the cat"


def test_an_incomplete_character_is_shown_at_the_end():
    assert streamed([FIRST_BYTE + 0xF0, FIRST_BYTE + 0x9F]) == ["", "", "\ufffd"]


def test_ids_outside_the_vocabulary_are_refused():
    with pytest.raises(TextError, match="ids lie between 0 and"):
        TextStream(TOKENIZER).feed(10**6)
