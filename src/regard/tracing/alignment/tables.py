"""From sentence pairs that are given to tables of words, in every layer and head: what choosing heads begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from regard.errors import InputError
from regard.models import AnyModel
from regard.text import Tokenizer
from regard.text.spans import source_spans
from regard.tracing.alignment.choice import Table
from regard.tracing.alignment.cross import Cross, cross_attention
from regard.tracing.alignment.reader import words_between
from regard.tracing.alignment.words import spaced_words, visible_words, words_of_pieces

Words = Sequence[int | None]


@final
@dataclass(frozen=True, slots=True)
class WordedPair:
    """A sentence pair and what counts as a word in it: together, the words must spell all that is no space.

    Raises:
        InputError: they do not.
    """

    source: str
    target: str
    source_words: tuple[str, ...]
    target_words: tuple[str, ...]

    def __post_init__(self) -> None:
        for text, words in ((self.source, self.source_words), (self.target, self.target_words)):
            if "".join(text.split()) != "".join("".join(words).split()):
                raise InputError(f"the words {words!r:.200} do not spell the text {text!r:.200}")

    @classmethod
    def spaced(cls, source: str, target: str) -> "WordedPair":
        """A pair whose words lie between spaces."""
        return cls(source, target, tuple(spaced_words(source)), tuple(spaced_words(target)))


def word_tables(
    model: AnyModel, tokenizer: Tokenizer, pairs: Sequence[WordedPair], *, batch_tokens: int = 4096
) -> list[tuple[Table, Table]]:
    """Strengths of words in every layer and head, at shift 0 and at shift 1, of translations that are given.

    Raises:
        InputError: the model's decoder does not attend to the source.
        TextError: a text holds a lone surrogate.
    """
    sources = [tokenizer.encode(pair.source.strip()) for pair in pairs]
    targets = [tokenizer.encode(pair.target.strip()) for pair in pairs]
    read = cross_attention(model, sources, targets, batch_tokens=batch_tokens)
    tables = []
    for pair, source, target, cross in zip(pairs, sources, targets, read, strict=True):
        of_source = _words(tokenizer, source, pair.source, pair.source_words)
        of_target = _words(tokenizer, target, pair.target, pair.target_words)
        shape = (len(pair.target_words), len(pair.source_words))
        tables.append(
            (
                _table(cross[:, :, :-1], of_target, of_source, shape),
                _table(cross[:, :, 1:], of_target, of_source, shape),
            )
        )
    return tables


def _words(tokenizer: Tokenizer, ids: Sequence[int], text: str, words: Sequence[str]) -> list[int | None]:
    return words_of_pieces(source_spans(tokenizer, ids, text), text, visible_words(words))


def _table(rows: Cross, target: Words, source: Words, shape: tuple[int, int]) -> Table:
    num_layers, num_heads = rows.shape[:2]
    table = np.zeros((num_layers, num_heads, *shape), np.float32)
    for layer in range(num_layers):
        for head in range(num_heads):
            table[layer, head] = words_between(rows[layer, head], target, source, shape=shape)
    return table
