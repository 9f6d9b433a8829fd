"""Learns a vocabulary of whole words or of characters: not for good translations, but to see attention word by word."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from regard.errors import TextError
from regard.text.normal import escape, normalise
from regard.text.segment import cut_by_pattern
from regard.text.vocabulary import FIRST_LEARNED, RESERVED, Vocabulary

_NEVER_LEARNED = "\0"


def learn_words(sentences: Iterable[str], *, kind: Literal["word", "character"], vocab_size: int) -> Vocabulary:
    """Takes the commonest words or characters; all others will be written as bytes.

    Raises:
        TextError: there is nothing to learn from, or ``vocab_size`` leaves no room for a piece.
    """
    if vocab_size <= FIRST_LEARNED:
        raise TextError(
            f"`vocab_size` must be more than {FIRST_LEARNED} (4 control tokens and 256 bytes), but is {vocab_size}"
        )
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(cut_by_pattern(escape(normalise(sentence)), kind))
    for piece in [piece for piece in counts if piece in RESERVED or _NEVER_LEARNED in piece]:
        del counts[piece]
    if not counts:
        raise TextError("a vocabulary is learned from sentences, but there is none with a character")
    # Equal counts are ordered by code point, so that the order of a dictionary never matters.
    ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))[: vocab_size - FIRST_LEARNED]
    return Vocabulary(kind=kind, pieces=tuple(ranked), scores=(0.0,) * len(ranked), requested_size=vocab_size)
