"""Attention by word: the pieces of a word put together.

Weights are summed over the pieces of a key, so that rows still sum to 1, and averaged over the pieces of a query, so
that a long word does not count more. A score cannot be summed: what is by word has weights only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, final

import numpy as np
from jaxtyping import Float, UInt8

from regard.tracing.header import Token
from regard.tracing.labels import goes_on, token_labels
from regard.tracing.legible import legible

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace

RULE: Final = "By word: weights are summed over the pieces of a key and averaged over the pieces of a query."


@final
@dataclass(frozen=True)
class Word:
    """A word of a row of tokens, or a token that stands for no text, by itself.

    Attributes:
        name: its text, made safe to be shown; ``⟨start⟩``, ``⟨end⟩`` or ``∅`` for tokens that stand for no text.
        places: the positions of its pieces.
    """

    name: str
    places: tuple[int, ...]


@final
@dataclass(frozen=True, eq=False)
class WordWeights:
    """The weights of one head by word.

    Attributes:
        queries: the words that look, one per row.
        keys: the words that are looked at, one per column.
        weights: rows sum to 1, as those of pieces do.
        contributions: weight · ‖value‖, summed and averaged in the same way.
        codes: 0 where any piece may look at any other; else the reasons that all of them share, or those of the first.
    """

    queries: tuple[Word, ...]
    keys: tuple[Word, ...]
    weights: Float[np.ndarray, "query key"]
    contributions: Float[np.ndarray, "query key"]
    codes: UInt8[np.ndarray, "query key"]

    @property
    def rule(self) -> str:
        """How pieces became words, to be printed beside the numbers."""
        return RULE


def words_by_word(head: "HeadTrace") -> WordWeights:
    """The weights of a head by word."""
    queries, keys = words_of_tokens(head.query_tokens), words_of_tokens(head.key_tokens)
    norms = np.linalg.norm(head.values, axis=-1)
    return WordWeights(
        queries=queries,
        keys=keys,
        weights=_grouped(head.weights, queries, keys),
        contributions=_grouped(head.weights * norms, queries, keys),
        codes=_codes(head.codes, queries, keys),
    )


def words_of_tokens(tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Neighbouring tokens of one word together, unknown ones among them; a token of no word by itself."""
    labels = token_labels(tokens)
    begins = [place for place in range(len(tokens)) if place == 0 or not goes_on(tokens[place - 1], tokens[place])]
    places = (tuple(range(begin, end)) for begin, end in pairwise([*begins, len(tokens)]))
    return tuple(Word(_name(tokens, labels, each), each) for each in places)


def _name(tokens: Sequence[Token], labels: Sequence[str], places: tuple[int, ...]) -> str:
    return labels[places[0]] if len(places) == 1 else legible(_joined([tokens[place] for place in places]))


def _joined(pieces: Sequence[Token]) -> str:
    """The text that pieces cover together; byte pieces of one character all cover it."""
    text, reached = "", -1
    for piece in pieces:
        if piece.span is not None:
            begin, end = piece.span
            text += piece.text[max(0, reached - begin) :]
            reached = max(reached, end)
    return text.strip() or text


def _grouped(
    values: Float[np.ndarray, "query key"], queries: Sequence[Word], keys: Sequence[Word]
) -> Float[np.ndarray, "query_word key_word"]:
    grouped = np.zeros((len(queries), len(keys)), np.float32)
    for row, query in enumerate(queries):
        rows = values[list(query.places)].astype(np.float64).mean(axis=0)
        grouped[row] = [rows[list(key.places)].sum() for key in keys]
    return grouped


def _codes(
    codes: UInt8[np.ndarray, "query key"], queries: Sequence[Word], keys: Sequence[Word]
) -> UInt8[np.ndarray, "query_word key_word"]:
    grouped = np.zeros((len(queries), len(keys)), np.uint8)
    for row, query in enumerate(queries):
        for column, key in enumerate(keys):
            found = codes[np.ix_(query.places, key.places)].ravel()
            if found.all():
                grouped[row, column] = np.bitwise_and.reduce(found) or found[0]
    return grouped
