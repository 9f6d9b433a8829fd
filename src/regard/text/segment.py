"""Cuts escaped text into ids: by SentencePiece for subwords, by a pattern for words and characters.

All of them write a space in front of the text, so that a word is the same piece at the start and in the middle.
"""

import hashlib
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, final

import sentencepiece

from regard.errors import TextError
from regard.text.lattice import draw_cut
from regard.text.merging import Merging
from regard.text.model_proto import model_proto
from regard.text.normal import SPACE_MARK
from regard.text.vocabulary import FIRST_BYTE, FIRST_LEARNED, Vocabulary

# A word with the space before it ("aujourd'hui" and "t'aime" are one), any other sign, or a space.
_WORD: Final = re.compile(f"{SPACE_MARK}?\\w+(?:['’-]\\w+)*|{SPACE_MARK}?[^\\w{SPACE_MARK}]|{SPACE_MARK}")
_SPACED: Final = re.compile(f"{SPACE_MARK}[^{SPACE_MARK}]*")  # no piece reaches over a space


class Segmenter(ABC):
    """A way to cut text."""

    @abstractmethod
    def segment(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""

    @abstractmethod
    def sample(self, text: str, *, alpha: float, key: tuple[int, int, int]) -> list[int]:
        """One of many ways to cut a text, chosen by the key."""


def segmenter_of(vocabulary: Vocabulary) -> Segmenter:
    """The way in which the vocabulary's kind cuts text."""
    if vocabulary.kind == "bpe":
        return _MergingSegmenter(vocabulary)
    if vocabulary.kind == "unigram":
        return _UnigramSegmenter(vocabulary)
    return _PatternSegmenter(vocabulary)


def cut_by_pattern(text: str, kind: str) -> list[str]:
    """The words or characters of an escaped text, "▁" for the space; joined, they are "▁" and the text."""
    if not text:
        return []
    marked = SPACE_MARK + text.replace(" ", SPACE_MARK)
    return _WORD.findall(marked) if kind == "word" else list(marked)


class _SubwordSegmenter(Segmenter):
    """Cuts in the one best way by SentencePiece, and draws other ways by itself."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model_proto(vocabulary))
        self._scores = dict(zip(vocabulary.pieces, vocabulary.scores, strict=True))
        self._ids = {piece: identifier for identifier, piece in enumerate(vocabulary.pieces, start=FIRST_LEARNED)}
        self._longest = max(map(len, vocabulary.pieces), default=1)

    def segment(self, texts: Sequence[str]) -> list[list[int]]:
        if len(texts) == 1:  # a list would start a thread, which costs more than to cut one sentence
            return [self._processor.encode(texts[0])]
        ids: list[list[int]] = self._processor.encode(list(texts), num_threads=1)
        return ids

    def sample(self, text: str, *, alpha: float, key: tuple[int, int, int]) -> list[int]:
        if not text:
            return []
        marked = SPACE_MARK + text.replace(" ", SPACE_MARK)
        ids: list[int] = []
        for piece in self._draw(marked, alpha, random.Random(_seed_of(key))):
            if (known := self._ids.get(piece)) is None:
                ids += _bytes_of(piece)
            else:
                ids.append(known)
        return ids

    def _draw(self, marked: str, alpha: float, chance: random.Random) -> list[str]:
        raise NotImplementedError


@final
class _MergingSegmenter(_SubwordSegmenter):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._merging = Merging(self._scores)

    def _draw(self, marked: str, alpha: float, chance: random.Random) -> list[str]:
        return self._merging.cut(_SPACED.findall(marked), dropout=alpha, chance=chance)


@final
class _UnigramSegmenter(_SubwordSegmenter):
    def _draw(self, marked: str, alpha: float, chance: random.Random) -> list[str]:
        return draw_cut(marked, self._scores, alpha=alpha, longest=self._longest, chance=chance)


@final
class _PatternSegmenter(Segmenter):
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._kind = vocabulary.kind
        self._ids = {piece: identifier for identifier, piece in enumerate(vocabulary.pieces, start=FIRST_LEARNED)}

    def segment(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._cut(text) for text in texts]

    def sample(self, text: str, *, alpha: float, key: tuple[int, int, int]) -> list[int]:
        raise TextError(f"only subwords can be cut in many ways (BPE-dropout), but this vocabulary holds {self._kind}s")

    def _cut(self, text: str) -> list[int]:
        ids: list[int] = []
        for piece in cut_by_pattern(text, self._kind):
            known = self._ids.get(piece)
            ids.extend(_bytes_of(piece) if known is None else (known,))
        return ids


def _bytes_of(piece: str) -> list[int]:
    return [FIRST_BYTE + byte for byte in piece.replace(SPACE_MARK, " ").encode()]


def _seed_of(key: tuple[int, int, int]) -> int:
    """Mixes a key into the 32 bits that SentencePiece takes."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=4).digest(), "little")
