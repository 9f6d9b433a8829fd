import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text import Tokenizer, normalise
from regard.text.segment import cut_by_pattern

SENTENCES = ["The cat, which is fluffy, sleeps.", "Je t'aime aujourd'hui.", "un porte-clés", "« Oui », dit-il."] * 30


def tokenizer(kind: str, vocab_size: int = 400) -> Tokenizer:
    return Tokenizer.train(SENTENCES, kind=kind, vocab_size=vocab_size)


def sampled(tokenizer: Tokenizer, texts: list[str], **given) -> list[list[int]]:
    key = {"seed": 1, "epoch": 1, "alpha": 0.3} | given
    return [tokenizer.sample(text, sentence=number, **key) for number, text in enumerate(texts)]


def test_words_are_what_people_call_words():
    words = tokenizer("word")
    assert words.pieces(words.encode("The cat, which sleeps.")) == ["▁The", "▁cat", ",", "▁which", "▁sleeps", "."]
    assert words.pieces(words.encode("Je t'aime aujourd'hui.")) == ["▁Je", "▁t'aime", "▁aujourd'hui", "."]


def test_characters_are_characters():
    characters = tokenizer("character")
    assert characters.pieces(characters.encode("un cat")) == ["▁", "u", "n", "▁", "c", "a", "t"]


def test_unknown_words_become_bytes():
    words = tokenizer("word")
    assert words.pieces(words.encode("The dé")) == ["▁The", "<0x20>", "<0x64>", "<0xC3>", "<0xA9>"]


@pytest.mark.parametrize("kind", ["word", "character"])
@given(text=st.text() | st.text(alphabet="▁\ue000 a'é,\0\n"))
def test_no_text_is_lost(kind, text):
    one = tokenizer(kind, 300)
    assert one.decode(one.encode(text)) == normalise(text)
    assert Tokenizer.from_bytes(one.to_bytes()).encode(text) == one.encode(text)


@given(st.text())
def test_the_cut_pieces_are_the_text(text):
    for kind in ("word", "character"):
        assert "".join(cut_by_pattern(text, kind)) == ("▁" + text.replace(" ", "▁") if text else "")


@pytest.mark.parametrize("kind", ["word", "character"])
def test_the_commonest_words_are_learned_and_the_rest_is_left(kind):
    small = Tokenizer.train(["b a", "a a"], kind=kind, vocab_size=261)
    assert small.vocab_size == 261
    assert small.vocabulary.pieces == (("▁a",) if kind == "word" else ("▁",))
    with pytest.raises(TextError, match=r"`vocab_size` must be more than 260 .*, but is 260"):
        Tokenizer.train(["a"], kind=kind, vocab_size=260)
    with pytest.raises(TextError, match="there is none with a character"):
        Tokenizer.train(["", "\0"] if kind == "word" else [""], kind=kind, vocab_size=300)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
class TestSampling:
    @pytest.fixture
    def subwords(self, kind, regard_data) -> Tokenizer:
        lines = (regard_data / "multi30k" / "val.en").read_text(encoding="utf-8").split("\n")
        return Tokenizer.train(lines, kind=kind, vocab_size=1000)

    def test_every_cut_is_the_same_text(self, subwords):
        for text in [*SENTENCES[:4], "  spaces  ", "😀 unseen 猫", "</s>▁\n", ""]:
            for sentence in range(20):
                ids = subwords.sample(text, seed=1, epoch=1, sentence=sentence, alpha=0.5)
                assert subwords.decode(ids) == normalise(text)
                assert min(ids, default=4) >= 4

    def test_the_key_decides_not_the_order_of_calls(self, subwords):
        texts = SENTENCES[:40]
        first = sampled(subwords, texts)
        assert list(reversed(sampled(subwords, texts))) == [
            subwords.sample(text, seed=1, epoch=1, sentence=number, alpha=0.3)
            for number, text in reversed(list(enumerate(texts)))
        ]
        for other in ({"seed": 2}, {"epoch": 2}):
            assert sampled(subwords, texts, **other) != first

    def test_threads_do_not_disturb_each_other(self, subwords):
        texts = SENTENCES
        expected = sampled(subwords, texts)
        results: list[list[list[int]]] = []
        threads = [threading.Thread(target=lambda: results.append(sampled(subwords, texts))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected] * 4

    def test_alpha_is_checked(self, subwords):
        with pytest.raises(TextError, match=r"`alpha` must lie between 0 and 1, but is 1\.5"):
            subwords.sample("a", seed=1, epoch=1, sentence=1, alpha=1.5)


def test_merges_are_left_out_with_the_probability_asked_for():
    subwords = Tokenizer.train(["a b"] * 50, kind="bpe", vocab_size=300)
    assert subwords.pieces(subwords.encode("a")) == ["▁a"]
    lengths = Counter(len(subwords.sample("a", seed=1, epoch=1, sentence=n, alpha=0.1)) for n in range(4000))
    assert 0.08 < lengths[2] / 4000 < 0.12  # one merge, left out one time in ten; 0.005 is one standard deviation


def test_no_dropout_is_the_usual_cut():
    subwords = tokenizer("bpe")
    assert sampled(subwords, SENTENCES, alpha=0.0) == subwords.encode_batch(SENTENCES)


def test_words_can_be_cut_in_one_way_only():
    with pytest.raises(TextError, match=r"only subwords can be cut in many ways .*, but this vocabulary holds words"):
        tokenizer("word").sample("a", seed=1, epoch=1, sentence=1)
