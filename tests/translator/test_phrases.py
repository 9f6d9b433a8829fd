"""Phrases as text: cut as a sentence would cut them, recognised however they are cut."""

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding.phrases import num_missing
from regard.decoding.steering import Rows
from regard.errors import SettingsError
from regard.text import Tokenizer
from regard.text.adopted import Adopted
from regard.text.control import BOS, UNK
from regard.translator.phrases import ForbiddenPhrases, PhraseBook, begins_with_letter, ends_with_letter
from regard.translator.words import is_letter

TEXTS = ["chat", "petit chat", "l'homme", "été", "C++", "Œuvre", "x", "très vite,", "tapis."]


@pytest.fixture(scope="module")
def book(tokenizer: Tokenizer) -> PhraseBook:
    return PhraseBook(tokenizer)


@pytest.mark.parametrize("text", TEXTS)
def test_every_cut_spells_the_phrase(book: PhraseBook, text: str) -> None:
    for cut in book.required([text]).cuts:
        spelled = book.tokenizer.decode(cut.ids)
        assert spelled == (text[0].upper() + text[1:] if cut.only_first else text)
        assert cut.needs_closing == is_letter(text[-1])


@pytest.mark.parametrize("sentence", ["Le {} dort.", "{} dort", "(le {})", "l'{}", "le {}", "d’{} !", "«{}»"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_phrase_in_a_sentence_is_found_in_its_tokens(book: PhraseBook, sentence: str, text: str) -> None:
    ids = book.tokenizer.encode(sentence.format(text))
    missing = num_missing(ids, [book.required([text])], book.seams)
    # Where a piece lies across the end of the phrase it cannot be found in tokens; it would be written once more.
    spelled = [book.surfaces[each] for each in ids]
    edges = set(itertools.accumulate(map(len, spelled)))
    end = len((" " + sentence.format(text).split(text)[0] + text).encode())
    assert missing == 0 or end not in edges or sentence[sentence.index("{") - 1] in "'’«("


@pytest.mark.parametrize(("inside", "phrase"), [("chats", "chat"), ("achat", "chat"), ("un chaton", "chat")])
def test_a_part_of_a_word_is_no_phrase(book: PhraseBook, inside: str, phrase: str) -> None:
    assert num_missing(book.tokenizer.encode(inside), [book.required([phrase])], book.seams) == 1


def test_a_capital_counts_at_the_beginning(book: PhraseBook) -> None:
    wanted = [book.required(["chat"])]
    assert num_missing(book.tokenizer.encode("Chat noir"), wanted, book.seams) == 0
    assert num_missing(book.tokenizer.encode("Le Chat"), wanted, book.seams) == 1


def test_one_of_several_is_enough(book: PhraseBook) -> None:
    wanted = [book.required(["chat", "tapis"])]
    assert num_missing(book.tokenizer.encode("le tapis"), wanted, book.seams) == 0
    assert num_missing(book.tokenizer.encode("le chien"), wanted, book.seams) == 1


def test_what_a_vocabulary_learned_elsewhere_has_no_pieces_for(tokenizer: Tokenizer) -> None:
    book = PhraseBook(Tokenizer(replace(tokenizer.vocabulary, adopted=Adopted("nmt_nfkc"))))
    for texts in (["Ж"], ["un Ж", "Ж"], ["\x01"]):
        with pytest.raises(SettingsError, match="the model's vocabulary cannot write all signs of "):
            book.required(texts)
    cuts = book.required(["Ж", "chat"]).cuts
    assert cuts == book.required(["chat"]).cuts
    assert UNK not in {identifier for cut in cuts for identifier in cut.ids}


@pytest.mark.parametrize(
    ("character", "expected"), [("a", True), ("é", True), ("7", True), ("'", False), (" ", False), ("猫", False)]
)
def test_letters(character: str, expected: bool) -> None:
    assert is_letter(character) is expected


def test_half_a_character_counts_as_a_letter() -> None:
    assert begins_with_letter("é".encode()[1:])
    assert ends_with_letter("é".encode()[:1])
    assert not begins_with_letter(b"")
    assert not ends_with_letter(b"")
    assert not ends_with_letter("«".encode())


def blocked(forbidden: ForbiddenPhrases, prefix: list[int], vocab_size: int) -> set[int]:
    """The tokens that may not follow a prefix."""
    rows = Rows(sentences=(0,), prefixes=lambda: [[BOS, *prefix]], live=lambda: {0})
    adjusted = forbidden.adjust(torch.zeros(1, vocab_size), rows)
    return set(adjusted[0].isneginf().nonzero().flatten().tolist())


PHRASES = st.sampled_from(["chat", "le tapis", "vite", "t'aime", "é", "ove"])


@given(phrase=PHRASES, pieces=st.data())
@settings(max_examples=60)
def test_no_way_of_cutting_leads_to_a_forbidden_phrase(tokenizer: Tokenizer, phrase: str, pieces: Any) -> None:
    """Random tokens that were never blocked spell no forbidden phrase as words."""
    forbidden = ForbiddenPhrases([phrase], PhraseBook(tokenizer))
    written: list[int] = []
    useful = [
        token
        for token in range(4, tokenizer.vocab_size)
        if tokenizer.surface(token) and tokenizer.surface(token).decode("utf-8", "ignore").strip().lower() in phrase
    ]
    for _ in range(8):
        free = sorted(set(useful) - blocked(forbidden, written, tokenizer.vocab_size))
        if free:
            written.append(pieces.draw(st.sampled_from(free)))
    text = tokenizer.decode(written)
    either = "|".join(re.escape(each) for each in (phrase, phrase[0].upper() + phrase[1:]))
    assert not re.search(rf"(?<!\w)({either})(?!\w)", text), tokenizer.pieces(written)
    assert not forbidden.leave_out(written)


def test_what_would_complete_a_phrase_is_blocked_and_nothing_else(tokenizer: Tokenizer) -> None:
    forbidden = ForbiddenPhrases(["le tapis"], PhraseBook(tokenizer))
    ids = tokenizer.encode("le tapis")
    for place, token in enumerate(ids):
        assert (token in blocked(forbidden, ids[:place], tokenizer.vocab_size)) == (place == len(ids) - 1)
    assert blocked(forbidden, tokenizer.encode("un"), tokenizer.vocab_size) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("le chat dort", True), ("Chat noir", True), ("(chat)", True), ("achat", False), ("le tapis", False), ("", False)],
)
def test_tokens_that_no_search_writes(tokenizer: Tokenizer, text: str, expected: bool) -> None:
    assert ForbiddenPhrases(["chat"], PhraseBook(tokenizer)).leave_out(tokenizer.encode(text)) is expected


def test_a_longer_word_is_lost_where_it_is_written_as_the_phrase_and_an_ending(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("chats")
    assert tokenizer.decode(ids[:-1]) == "chat"
    assert ForbiddenPhrases(["chat"], PhraseBook(tokenizer)).leave_out(ids)
    assert not ForbiddenPhrases(["cha"], PhraseBook(tokenizer)).leave_out(ids)
