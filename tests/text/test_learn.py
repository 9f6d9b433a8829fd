import os
import subprocess
import sys

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text import Tokenizer, learn
from regard.text.learn import learn_subwords
from regard.text.model_proto import model_proto
from regard.text.vocabulary import FIRST_LEARNED

KINDS = pytest.mark.parametrize("kind", ["bpe", "unigram"])
SENTENCES = ["the cat is on the mat", "le chat est sur le tapis", "the dog chased the cat", "un chien"] * 20


@KINDS
def test_the_same_sentences_give_the_same_tokenizer(kind):
    first, second = (learn_subwords(SENTENCES, kind=kind, vocab_size=320).to_bytes() for _ in range(2))
    assert first == second


@KINDS
def test_a_small_corpus_gives_what_it_has_and_says_so(kind):
    tokenizer = Tokenizer.train(SENTENCES, kind=kind, vocab_size=8000)
    assert FIRST_LEARNED < tokenizer.vocab_size < 400
    assert tokenizer.requested_size == 8000
    assert Tokenizer.from_bytes(tokenizer.to_bytes()).requested_size == 8000


@KINDS
def test_real_captions_fill_the_size_that_was_asked_for(kind, regard_data):
    lines = (regard_data / "multi30k" / "val.en").read_text(encoding="utf-8").split("\n")
    assert Tokenizer.train(lines, kind=kind, vocab_size=1000).vocab_size == 1000


@KINDS
def test_more_characters_than_pieces_leave_the_rare_ones_to_bytes(kind):
    chinese = ["".join(chr(0x4E00 + offset) for offset in range(start, start + 50)) for start in range(0, 2000, 10)]
    tokenizer = Tokenizer.train(chinese, kind=kind, vocab_size=300)
    assert tokenizer.vocab_size <= 300
    assert tokenizer.decode(tokenizer.encode(chinese[0])) == chinese[0]


@KINDS
@given(sentences=st.lists(st.text(alphabet="ab<>/s0xFpd\t\0\n\u2585▁\ue000 é") | st.text(), max_size=30))
@settings(max_examples=60)
def test_whatever_can_be_read_can_be_learned_from(kind, sentences):
    if not "".join(sentences).translate(dict.fromkeys(map(ord, learn._NEVER_LEARNED))).strip():
        with pytest.raises(TextError, match="there is none with a visible character"):
            Tokenizer.train(sentences, kind=kind, vocab_size=320)
        return
    tokenizer = Tokenizer.train(sentences, kind=kind, vocab_size=320)
    assert tokenizer.decode(tokenizer.encode("".join(sentences))) == learn.normalise("".join(sentences))


@KINDS
def test_reserved_names_are_never_learned(kind):
    tokenizer = Tokenizer.train(["</s> <0x41> <pad> <unk> <s>"] * 500, kind=kind, vocab_size=400)
    assert not [piece for piece in tokenizer.vocabulary.pieces if piece.strip("▁").startswith(("<0x", "</s>", "<pad>"))]


@pytest.mark.parametrize("sentences", [[], [""], [" ", "\n\t"], ["\xa0\xa0", "\u3000"] * 10])
def test_nothing_to_learn_from_is_said(sentences):
    with pytest.raises(TextError, match="learned from sentences, but there is none with a visible character"):
        learn_subwords(sentences, kind="bpe", vocab_size=400)


def test_a_size_that_holds_no_piece_is_refused():
    with pytest.raises(TextError, match=r"`vocab_size` must be at least 300 .*, but is 260"):
        learn_subwords(SENTENCES, kind="bpe", vocab_size=260)


def test_a_long_corpus_is_sampled_evenly(monkeypatch):
    monkeypatch.setattr(learn, "MOST_SENTENCES", 100)
    sample = learn._even_sample(str(number) for number in range(10_000))
    assert len(set(sample)) == 100
    assert 4_000 < sum(map(int, sample)) / 100 < 6_000


@KINDS
def test_the_model_we_write_cuts_as_the_one_that_was_learned(kind, monkeypatch):
    learned = []
    train = learn._train
    monkeypatch.setattr(learn, "_train", lambda *given, **named: learned.append(train(*given, **named)) or learned[0])
    vocabulary = learn_subwords(SENTENCES, kind=kind, vocab_size=320)
    original = sentencepiece.SentencePieceProcessor(model_proto=learned[0])
    written = sentencepiece.SentencePieceProcessor(model_proto=model_proto(vocabulary))
    texts = [*SENTENCES, "unseen 猫 text", "  spaces  "]
    assert written.encode(texts) == original.encode(texts)
    assert [written.pad_id(), written.unk_id(), written.bos_id(), written.eos_id()] == [0, 1, 2, 3]


def test_learning_writes_nothing_to_the_terminal():
    code = "from regard.text import Tokenizer; Tokenizer.train(['the cat', 'le chat'] * 9, vocab_size=300).encode('x')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={**os.environ})
    assert (done.stdout, done.stderr) == (b"", b"")
