"""The rows of tokens: what each says about itself, and the words they belong to."""

import pytest

from regard.text import BOS, EOS, PAD, Tokenizer
from regard.tracing.tokens import tokens_of, words_of

TOKENIZER = Tokenizer.train(["the cat chased the dog", "le chat a poursuivi le chien"] * 20, vocab_size=300)


def test_rows_are_shifted_against_each_other() -> None:
    source, target = TOKENIZER.encode("the cat"), [*TOKENIZER.encode("le chat"), EOS]
    rows = tokens_of(TOKENIZER, text="the cat", source=source, width=len(source) + 3, target=target)
    assert [token.id for token in rows.target_in] == [BOS, *target[:-1]]
    assert [token.id for token in rows.target_out] == target
    assert [token.id for token in rows.source] == [*source, EOS, PAD, PAD]
    for row in (rows.source, rows.target_in, rows.target_out):
        assert [token.i for token in row] == list(range(len(row)))


def test_kinds_and_what_has_no_text() -> None:
    rows = tokens_of(TOKENIZER, text="the", source=TOKENIZER.encode("the"), width=4, target=[EOS])
    assert [token.kind for token in rows.source][-3:] == ["eos", "pad", "pad"]
    assert [token.kind for token in rows.target_in] == ["bos"]
    for token in rows.source[-3:]:
        assert (token.text, token.word, token.span) == ("", None, None)


def test_a_translation_that_was_cut_has_no_end() -> None:
    target = TOKENIZER.encode("le chat")
    rows = tokens_of(TOKENIZER, text="the", source=TOKENIZER.encode("the"), width=2, target=target)
    assert [token.kind for token in rows.target_out] == ["piece"] * len(target)
    assert rows.target_out[-1].text


def test_pieces_of_one_word_share_its_number() -> None:
    text = "  the qzx dog"
    ids = TOKENIZER.encode(text.strip())
    rows = tokens_of(TOKENIZER, text=text, source=ids, width=len(ids) + 1, target=[EOS])
    words = {}
    for token in rows.source[:-1]:
        words.setdefault(token.word, []).append(token.text)
        assert token.span is not None
        assert text[slice(*token.span)] == token.text
    assert ["".join(parts).strip() for parts in words.values()] == ["the", "qzx", "dog"]


def test_space_at_the_end_belongs_to_no_word() -> None:
    rows = tokens_of(TOKENIZER, text="x", source=TOKENIZER.encode("x"), width=3, target=TOKENIZER.encode("the  "))
    assert [token.word for token in rows.target_out if token.text == " "][-1] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat, which is fluffy, sleeps.", ["The", "cat", ",", "which", "is", "fluffy", ",", "sleeps", "."]),
        ("Je t'aime, aujourd’hui.", ["Je", "t'aime", ",", "aujourd’hui", "."]),
        ("week-end - 'tis it' a--b", ["week-end", "-", "'", "tis", "it", "'", "a", "-", "-", "b"]),
        ("e\u0301te\u0301 ❤\ufe0f!", ["e\u0301te\u0301", "❤\ufe0f", "!"]),
        ("", []),
        (" \n ", []),
    ],
    ids=["english", "french", "joiners", "marks", "empty", "spaces"],
)
def test_words(text: str, words: list[str]) -> None:
    assert [text[begin:end] for begin, end in words_of(text)] == words
