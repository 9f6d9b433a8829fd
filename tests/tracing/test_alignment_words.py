import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import InputError
from regard.text import Tokenizer
from regard.text.spans import source_spans
from regard.tracing.alignment import spaced_words, visible_words, words_of_pieces
from regard.tracing.alignment.tables import WordedPair


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["the fluffy cat sleeps", "le chat dort bien", "l'été arrive"] * 3, vocab_size=300)


def test_words_lie_between_spaces_and_tabs():
    assert spaced_words("  Je t'aime \t fort\u00a0! ") == ["Je", "t'aime", "fort\u00a0!"]
    assert spaced_words("") == []


def test_every_visible_character_has_the_number_of_its_word():
    assert visible_words(["Je", "t'", "a\u00a0b"]) == [0, 0, 1, 1, 2, 2]


def test_a_piece_belongs_to_the_word_with_most_of_its_characters():
    spans = [(0, 2), (2, 5), (4, 7), (7, 8)]
    assert words_of_pieces(spans, "Je t'ai ", visible_words(["Je", "t'", "ai"])) == [0, 1, 2, None]


def test_apostrophes_may_end_a_word(tokenizer):
    text = "l'été arrive"
    ids = tokenizer.encode(text)
    found = words_of_pieces(source_spans(tokenizer, ids, text), text, visible_words(["l'", "été", "arrive"]))
    words = [word for word in found if word is not None]  # a space may be a piece by itself
    assert words == sorted(words)
    assert set(words) == {0, 1, 2}


@settings(max_examples=60)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_has_words_for_its_pieces(tokenizer, text):
    words = spaced_words(text)
    ids = tokenizer.encode(text.strip())
    found = words_of_pieces(source_spans(tokenizer, ids, text), text, visible_words(words))
    assert len(found) == len(ids)
    named = [word for word in found if word is not None]
    assert named == sorted(named)
    seen = {number for number, word in enumerate(words) if word.strip()}
    assert set(named) <= seen


def test_words_must_spell_the_text():
    WordedPair("Oh, oh!", "Oh, oh\u00a0!", ("Oh", ",", "oh", "!"), ("Oh", ",", "oh", "!"))
    with pytest.raises(InputError, match=r"the words \('Oh',\) do not spell the text 'Oh, oh!'"):
        WordedPair("Oh, oh!", "oh", ("Oh",), ("oh",))


def test_a_pair_with_words_between_spaces():
    assert WordedPair.spaced("I love you.", "Je t'aime.").target_words == ("Je", "t'aime.")
