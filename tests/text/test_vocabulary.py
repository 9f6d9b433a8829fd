import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(kind="bpe", pieces=("▁the", "▁", "\ue000\ue001"), scores=(-0.0, -1.0, -2.0), requested_size=300)


def signed(body: bytes) -> bytes:
    """A file whose checksum is right, whatever it holds."""
    return b"regard-text/1 " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def fields(**changed: object) -> bytes:
    whole = {"kind": "bpe", "requested_size": 300, "pieces": ["▁"], "scores": [0.0]}
    return signed(json.dumps({**whole, **changed}).encode())


def test_ids_are_controls_then_bytes_then_pieces():
    assert VOCABULARY.names[:6] == ("<pad>", "<unk>", "<s>", "</s>", "<0x00>", "<0x01>")
    assert VOCABULARY.names[259:] == ("<0xFF>", *VOCABULARY.pieces)
    assert VOCABULARY.surfaces[258:262] == (b"\xfe", b"\xff", b" the", b" ")
    assert (len(VOCABULARY), VOCABULARY.longest_piece) == (263, 4)


def test_a_vocabulary_comes_back_from_its_bytes():
    assert Vocabulary.from_bytes(VOCABULARY.to_bytes()) == VOCABULARY
    assert Vocabulary.from_bytes(fields()).pieces == ("▁",)


@given(st.data())
def test_no_damage_goes_unnoticed(data):
    whole = VOCABULARY.to_bytes()
    position = data.draw(st.integers(0, len(whole) - 2))  # the line feed at the end carries nothing
    damaged = data.draw(
        st.sampled_from(
            [
                whole[:position],
                whole[:position]
                + bytes([whole[position] ^ (1 << data.draw(st.integers(0, 7)))])
                + whole[position + 1 :],
                whole[:position] + b"x" + whole[position:],
            ]
        )
    )
    with pytest.raises(TextError, match=r"not a tokenizer file: it should begin|the tokenizer file is damaged"):
        Vocabulary.from_bytes(damaged)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'{"a": 1e'])
def test_contents_that_are_no_json_are_refused(body):
    with pytest.raises(TextError, match="holds no JSON after its first line"):
        Vocabulary.from_bytes(signed(body))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (signed(b"[]"), "must hold kind, requested_size, pieces and scores"),
        (fields(extra=1), "but holds other keys"),
        (fields(kind="lstm"), "kind must be one of bpe, unigram, .* but is 'lstm'"),
        (fields(kind=["bpe"]), "kind must be one of"),
        (fields(requested_size=-1), "requested_size must be a whole number, but is -1"),
        (fields(requested_size=True), "requested_size must be a whole number"),
        (fields(pieces=[1]), "pieces must be strings and its scores numbers"),
        (fields(scores=["0"]), "pieces must be strings and its scores numbers"),
        (fields(pieces=["a"]), "a vocabulary of subwords needs the piece '▁' to write spaces, but lacks it"),
        (fields(scores=[]), "one score per piece, but has 1 and 0"),
        (fields(scores=[float("nan")]), "score of the piece '▁' must be a number, but is nan"),
        (fields(scores=[1e300]), "score of the piece '▁' must be a number"),
        (fields(pieces=["▁", "▁"], scores=[0.0, 0.0]), "each piece once"),
        (fields(pieces=["▁", ""], scores=[0.0, 0.0]), "'' cannot be a learned piece: it is empty, reserved"),
        (fields(pieces=["▁", "</s>"], scores=[0.0, 0.0]), "'</s>' cannot be a learned piece"),
        (fields(kind="word", pieces=["<0x41>"]), "'<0x41>' cannot be a learned piece"),
        (fields(kind="word", pieces=["a b"]), "'a b' cannot be a learned piece"),
        (fields(kind="word", pieces=["a\0"]), "cannot be a learned piece"),
        (fields(kind="word", pieces=["\ud800"]), "it holds a lone surrogate"),
        (fields(pieces=[str(n) for n in range(10**6)], scores=[0.0] * 10**6), "at most 1000000 pieces"),
    ],
)
def test_a_lying_file_is_refused(file, message):
    with pytest.raises(TextError, match=message):
        Vocabulary.from_bytes(file)
