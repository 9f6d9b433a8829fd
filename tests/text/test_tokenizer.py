import os
import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regard.errors import TextError, TokenLimitError
from regard.text import BOS, EOS, PAD, UNK, Tokenizer, normalise
from regard.text.vocabulary import FIRST_BYTE

ENGLISH = ("the cat sat on the mat", "a dog chased the cat", "the horse ran quickly", "I love you", "a tab ▁ here")
FRENCH = ("le chat était assis sur le tapis", "un chien a chassé le chat", "je t'aime", "l’œuf « dur »")
SENTENCES = [f"{first}, {second}." for first in ENGLISH + FRENCH for second in FRENCH + ENGLISH] * 4

TYPED_CONTROLS = [
    "</s>",
    "<s>",
    "<pad>",
    "<unk>",
    "<0x0A>",
    "<0xFF>",
    "▁",
    "\u2585",
    "\ue000",
    "\ue001",
    "\ue000\ue001",
]
TEXTS = st.one_of(
    st.text(),
    st.lists(st.sampled_from([*TYPED_CONTROLS, " ", "\n", "\r", "\t", "\0", "chat", "é", "e\u0301", "😀"])).map(
        "".join
    ),
)


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def tokenizer(request) -> Tokenizer:
    return Tokenizer.train(SENTENCES, kind=request.param, vocab_size=400)


@given(text=TEXTS)
@example(text="")
@example(text=" ")
@example(text="  two  spaces  ")
@example(text=" leading")
@example(text="trailing ")
@example(text="\0")
@example(text="line\nline\r\nline\u2028line")
@example(text="".join(TYPED_CONTROLS))
@settings(max_examples=400)
def test_no_text_is_lost(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == normalise(text)
    assert all(FIRST_BYTE <= identifier < tokenizer.vocab_size for identifier in ids)


@given(texts=st.lists(TEXTS))
def test_a_batch_is_encoded_as_its_texts_are(tokenizer, texts):
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


@given(text=TEXTS)
def test_pieces_joined_are_the_text_in_bytes(tokenizer, text):
    ids = tokenizer.encode(text)
    assert b"".join(tokenizer.surface(identifier) for identifier in ids).decode().count("\ufffd") == text.count(
        "\ufffd"
    )
    assert len(tokenizer.pieces(ids)) == len(ids)


def test_common_words_are_one_piece(tokenizer):
    assert tokenizer.pieces(tokenizer.encode("chat the chat"))[-1] == "▁chat"


def test_unseen_characters_become_bytes(tokenizer):
    assert tokenizer.pieces(tokenizer.encode("é猫"))[-3:] == ["<0xE7>", "<0x8C>", "<0xAB>"]


def test_typed_control_tokens_are_text(tokenizer):
    for typed in TYPED_CONTROLS:
        assert tokenizer.decode(tokenizer.encode(typed)) == typed
        assert not {PAD, UNK, BOS, EOS} & set(tokenizer.encode(typed))


def test_control_ids_are_skipped_in_decoding_and_shown_as_pieces(tokenizer):
    assert tokenizer.decode([BOS, *tokenizer.encode("the cat"), EOS, PAD, UNK]) == "the cat"
    assert tokenizer.pieces([PAD, UNK, BOS, EOS]) == ["<pad>", "<unk>", "<s>", "</s>"]


def test_bytes_that_are_no_character_show_as_replacement(tokenizer):
    assert tokenizer.decode([FIRST_BYTE + 0xE7]) == "\ufffd"


@pytest.mark.parametrize("identifier", [-1, 10**6])
def test_ids_outside_the_vocabulary_are_refused(tokenizer, identifier):
    for use in (tokenizer.decode, tokenizer.pieces):
        with pytest.raises(TextError, match=rf"ids lie between 0 and \d+, but {identifier} is given"):
            use([identifier])


def test_lone_surrogates_are_refused(tokenizer):
    with pytest.raises(TextError, match="lone surrogate"):
        tokenizer.encode("a\ud800")
    with pytest.raises(TextError, match="lone surrogate"):
        tokenizer.encode_batch(["a", "\udfff"])


@given(text=TEXTS, limit=st.integers(0, 30))
def test_the_limit_counts_tokens(tokenizer, text, limit):
    count = len(tokenizer.encode(text))
    if count <= limit:
        assert len(tokenizer.encode(text, max_tokens=limit)) == count
    else:
        with pytest.raises(
            TokenLimitError, match=rf"the text has .*\d+ tokens, but at most {limit} are allowed; split"
        ):
            tokenizer.encode(text, max_tokens=limit)


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 100_000, "a" * 10_000_000, "a" + "\u0301\u0316" * 50_000, "\u1d160" * 100_000]
)
def test_endless_texts_are_refused_in_time(tokenizer, text):
    started = time.process_time()
    with pytest.raises(TokenLimitError, match="at most 1024 are allowed"):
        tokenizer.encode(text, max_tokens=1024)
    assert time.process_time() - started < 2


def test_a_tokenizer_comes_back_from_its_bytes(tokenizer):
    again = Tokenizer.from_bytes(tokenizer.to_bytes())
    assert again == tokenizer
    assert hash(again) == hash(tokenizer)
    assert again.to_bytes() == tokenizer.to_bytes()
    assert again.encode_batch(SENTENCES) == tokenizer.encode_batch(SENTENCES)
    assert repr(again) == f"Tokenizer(kind={tokenizer.vocabulary.kind!r}, vocab_size={tokenizer.vocab_size})"


def test_importing_the_room_loads_no_torch():
    code = "import sys, regard.text; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": ""})
