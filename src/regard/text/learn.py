"""Learns a vocabulary of subwords from sentences (byte-pair encoding: Sennrich et al. 2016; unigram: Kudo 2018).

The same sentences in the same order give the same vocabulary, on any number of cores.
"""

import io
import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain
from typing import Final, Literal

import sentencepiece

from regard.errors import TextError
from regard.text.normal import escape, normalise
from regard.text.vocabulary import FIRST_LEARNED, Vocabulary

SMALLEST_SIZE: Final = 300
MOST_SENTENCES: Final = 1_000_000

_CHARACTER_SHARE: Final = 0.9999  # rarer characters are written as bytes
_MOST_CHARACTERS_AT_ONCE: Final = 1_000
# SentencePiece gives these a meaning of its own while it learns: unknown, word boundary, end of line, end of string.
_NEVER_LEARNED: Final = frozenset("\u2585\t\n\r\0 ")
_LOOKS_RESERVED: Final = re.compile(r"<(?=pad>|unk>|s>|/s>|0x)")


def learn_subwords(sentences: Iterable[str], *, kind: Literal["bpe", "unigram"], vocab_size: int) -> Vocabulary:
    """Learns at most ``vocab_size`` pieces, fewer where the sentences offer no more.

    Of more than a million sentences an even sample is used, so memory does not grow with the corpus.

    Raises:
        TextError: there is nothing to learn from, ``vocab_size`` is below 300, or a sentence is not text.
    """
    if vocab_size < SMALLEST_SIZE:
        raise TextError(
            f"`vocab_size` must be at least {SMALLEST_SIZE} (4 control tokens, 256 bytes, some pieces), "
            f"but is {vocab_size}"
        )
    sample = [escape(normalise(sentence)) for sentence in _even_sample(sentences)]
    kept = _frequent_characters(sample, most=(vocab_size - FIRST_LEARNED) // 2)
    learnable = _learnable(sample, kept) if kept else iter(())
    first = next(filter(str.strip, learnable), None)
    if first is None:
        raise TextError("a vocabulary is learned from sentences, but there is none with a visible character")
    model = _train(chain([first], learnable), kind=kind, vocab_size=vocab_size)
    return _vocabulary(model, kind=kind, requested_size=vocab_size)


def _even_sample(sentences: Iterable[str]) -> list[str]:
    """All sentences, or so many of them that each had the same chance (Vitter's algorithm R, fixed seed)."""
    chance = random.Random(0)
    sample: list[str] = []
    for count, sentence in enumerate(sentences):
        if count < MOST_SENTENCES:
            sample.append(sentence)
        elif (place := chance.randrange(count + 1)) < MOST_SENTENCES:
            sample[place] = sentence
    return sample


def _frequent_characters(sentences: Iterable[str], *, most: int) -> list[str]:
    """The commonest characters that together make up nearly all of the text."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(sentence)
    for character in _NEVER_LEARNED:
        counts.pop(character, None)
    # Equal counts are ordered by code point, so that the order of a dictionary never matters.
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    covered = accumulate(counts[character] for character in ranked)
    enough = bisect_left(list(covered), _CHARACTER_SHARE * counts.total()) + 1
    return ranked[: min(enough, most)]


def _learnable(sentences: Iterable[str], kept: Iterable[str]) -> Iterator[str]:
    """Sentences as SentencePiece may see them: rare characters and whatever looks like a reserved piece cut apart."""
    unlearnable = re.compile(f"[^{re.escape(''.join(kept))}]+")
    for sentence in sentences:
        plain = _LOOKS_RESERVED.sub("< ", unlearnable.sub(" ", sentence))
        for start in range(0, len(plain), _MOST_CHARACTERS_AT_ONCE):
            yield plain[start : start + _MOST_CHARACTERS_AT_ONCE]


def _train(sentences: Iterable[str], *, kind: str, vocab_size: int) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        model_type=kind,
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        num_threads=1,  # sums of the unigram model depend on the number of threads
        minloglevel=2,
    )
    return model.getvalue()


def _vocabulary(model: bytes, *, kind: Literal["bpe", "unigram"], requested_size: int) -> Vocabulary:
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    learned = range(FIRST_LEARNED, processor.vocab_size())
    return Vocabulary(
        kind=kind,
        pieces=tuple(processor.id_to_piece(identifier) for identifier in learned),
        scores=tuple(processor.get_score(identifier) for identifier in learned),
        requested_size=requested_size,
    )
