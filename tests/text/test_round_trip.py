"""No string is lost: random Unicode scalar strings through every kind of tokenizer.

``REGARD_ROUND_TRIPS`` says how many strings; ``make verify TARGET=round-trip`` tries a million.
"""

import os
import random
import unicodedata

import pytest

from regard.text import TextStream, Tokenizer, normalise

COUNT = int(os.environ.get("REGARD_ROUND_TRIPS", "10000"))
SENTENCES = ["the cat, which is fluffy, sleeps", "le chat ▁ dort sur l’œuf", "Ünï\u0301cödé 猫"] * 20
NEAR_THE_EDGES = " ▁\ue000\ue001\u2585\0\n\r\t\u2028\u0301\u0323\ufeff\ufffd</s><0x41>é"


def random_strings(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)

    def character() -> str:
        match chance.randrange(4):
            case 0:
                return chance.choice(NEAR_THE_EDGES)
            case 1:
                return chr(chance.randrange(0x20, 0x250))
            case 2:
                return chr(chance.randrange(0xD800))
            case _:
                return chr(chance.randrange(0xE000, 0x110000))

    return ["".join(character() for _ in range(chance.randrange(12))) for _ in range(count)]


@pytest.mark.guarantee(
    "No string is lost: what was encoded decodes to itself, normalised, for any Unicode scalar values",
    area="data",
    control="test_a_tokenizer_that_folds_characters_is_caught",
)
@pytest.mark.parametrize("kind", ["bpe", "unigram", "word", "character"])
def test_random_strings_come_back(kind):
    tokenizer = Tokenizer.train(SENTENCES, kind=kind, vocab_size=320)
    texts = random_strings(COUNT // 4, seed=len(kind))
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert tokenizer.decode(ids) == normalise(text)


def test_a_tokenizer_that_folds_characters_is_caught(monkeypatch):
    """NFKC, which many tokenizers apply unasked, makes ½ of 1⁄2 and a space of every other space."""
    encode = Tokenizer.encode_batch
    folded = lambda self, texts: encode(self, [unicodedata.normalize("NFKC", text) for text in texts])  # noqa: E731
    monkeypatch.setattr(Tokenizer, "encode_batch", folded)
    with pytest.raises(AssertionError):
        test_random_strings_come_back("bpe")


def test_random_ids_stream_as_they_decode():
    tokenizer = Tokenizer.train(SENTENCES, kind="bpe", vocab_size=320)
    chance = random.Random(1)
    for _ in range(200):
        ids = [chance.randrange(tokenizer.vocab_size) for _ in range(50)]
        stream = TextStream(tokenizer)
        assert "".join(map(stream.feed, ids)) + stream.finish() == tokenizer.decode(ids)
