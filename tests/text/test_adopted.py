"""Vocabularies learned elsewhere: their normal form is SentencePiece's own, and their files come back."""

import json
from collections.abc import Callable

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text import Tokenizer
from regard.text.adopted import Adopted
from regard.text.spans import source_spans
from regard.text.vocabulary import Vocabulary

PIECES = ("▁", "▁the", "▁cat", "s", "t", "h", "e", "c", "a", "f", "i", "▁le", "1", "2", "⁄")
SCORES = (-3.0, -1.0, -1.0, *[-4.0] * 8, -0.5, -4.0, -4.0, -4.0)
UNUSED = (PIECES.index("▁le"),)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(Vocabulary("unigram", PIECES, SCORES, len(PIECES), Adopted("nmt_nfkc", UNUSED)))


@pytest.fixture(scope="module")
def reference() -> Callable[[str], str]:
    """SentencePiece's own rule, with the flags its models are trained with."""
    normalizer = sentencepiece.SentencePieceNormalizer(
        rule_name="nmt_nfkc", add_dummy_prefix=False, escape_whitespaces=False, remove_extra_whitespaces=True
    )
    return normalizer.normalize


# Unicode grows: characters that are newer than SentencePiece's table are left out here.
KNOWN = st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFF, exclude_characters="\0\u0344")


@given(text=st.text(KNOWN, max_size=30))
@settings(max_examples=200)
def test_the_normal_form_is_that_of_sentencepiece(reference: Callable[[str], str], text: str) -> None:
    assert Adopted("nmt_nfkc").normalise(text) == reference(text)


@pytest.mark.parametrize("text", ["a\u200bb", "～ ﬁ½", "a\x01b", "  a \t\n b ", "\u2581x", "ﾊﾟ", "", " "])
def test_what_the_normal_form_is_about(reference: Callable[[str], str], text: str) -> None:
    assert Adopted("nmt_nfkc").normalise(text) == reference(text)


def test_identity_touches_spaces_alone() -> None:
    assert Adopted("identity").normalise("  n\u0303  ½ ") == "n\u0303 ½"


def test_a_piece_of_the_other_side_is_written_but_never_read(tokenizer: Tokenizer) -> None:
    written = 260 + PIECES.index("▁le")
    assert tokenizer.decode([written]) == "le"
    assert written not in tokenizer.encode("le the cats")


def test_all_that_is_unknown_is_one_piece(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("the 漢字 cats")
    assert tokenizer.pieces(ids) == ["▁the", "▁", "<unk>", "▁cat", "s"]
    assert tokenizer.decode(ids) == "the  cats"
    assert tokenizer.encode_batch(["the 漢字 cats"]) == [ids]


def test_it_comes_back_from_its_file(tokenizer: Tokenizer) -> None:
    again = Tokenizer.from_bytes(tokenizer.to_bytes())
    assert again == tokenizer
    assert again.vocabulary.adopted == Adopted("nmt_nfkc", UNUSED)


def test_files_of_ours_say_nothing_of_it() -> None:
    plain = Vocabulary("unigram", PIECES, SCORES, len(PIECES))
    assert json.loads(plain.to_bytes().split(b"\n", 1)[1]).keys() == {"kind", "requested_size", "pieces", "scores"}


@pytest.mark.parametrize(
    ("adopted", "message"),
    [
        ("[]", "must hold normal_form and unused"),
        ('{"normal_form":"nfd","unused":[]}', "normal form must be identity or nmt_nfkc"),
        ('{"normal_form":"identity","unused":["x"]}', "unused pieces numbers, but they are something else"),
        ('{"normal_form":"identity","unused":[99]}', "unused pieces must be some of the 15 there are"),
    ],
    ids=["kind", "form", "text", "range"],
)
def test_damaged_files_are_refused(adopted: str, message: str) -> None:
    fields = json.loads(Vocabulary("unigram", PIECES, SCORES, len(PIECES)).to_bytes().split(b"\n", 1)[1])
    with pytest.raises(TextError, match=message):
        Vocabulary._from_fields(fields | {"adopted": json.loads(adopted)})


def test_it_is_cut_in_one_way_only(tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match="learned elsewhere, so text is cut in one way only"):
        tokenizer.sample("the cat", seed=1, epoch=1, sentence=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [("the cats", ["the", "cat", "s"]), (" the ½ cat", ["the", "½", "½", "½", "cat"]), ("ﬁ the", ["ﬁ", "ﬁ", "the"])],
    ids=["plain", "half", "ligature"],
)
def test_spans_lead_to_the_text_that_was_given(tokenizer: Tokenizer, text: str, words: list[str]) -> None:
    spans = source_spans(tokenizer, tokenizer.encode(text.strip()), text)
    found = [text[begin:end] for begin, end in spans if text[begin:end].strip()]
    assert found == words


@given(text=st.text(max_size=20))
@settings(max_examples=100)
def test_spans_lie_in_the_text_whatever_it_is(tokenizer: Tokenizer, text: str) -> None:
    spans = source_spans(tokenizer, tokenizer.encode(text.strip()), text)
    assert all(0 <= begin <= end <= len(text) for begin, end in spans)
