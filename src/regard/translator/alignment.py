"""``--alignments``: which word of a line each word of its translation comes from, read from the model's attention.

Words are what lies between spaces. A line that was cut is read part by part; its words are those of the whole line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from regard.models import Ensemble
from regard.text import Tokenizer
from regard.text.spans import target_spans
from regard.tracing.alignment import (
    Alignment,
    AlignmentReader,
    cross_attention,
    default_reader,
    spaced_words,
    visible_words,
    words_between,
    words_of_pieces,
)

if TYPE_CHECKING:
    from regard.bundle import AlignmentFact
    from regard.models import AnyModel

Ids = Sequence[int]


@final
@dataclass(frozen=True)
class Reading:
    """A line and its translation, both as text and as the ids of their parts, in order."""

    source: str
    target: str
    source_parts: tuple[Ids, ...]
    target_parts: tuple[Ids, ...]


def align(
    model: "AnyModel",
    tokenizer: Tokenizer,
    fact: "AlignmentFact | None",
    readings: Sequence[Reading],
    *,
    batch_tokens: int,
) -> list[Alignment]:
    """The alignments of lines and their translations, in order.

    Args:
        model: the network that translated; of several, the first is read.
        tokenizer: its tokenizer.
        fact: which heads to read; None reads all heads of the last layer.
        readings: what was translated, and what came out.
        batch_tokens: cells of a batch, at most.

    Raises:
        InputError: the model's decoder does not attend to the source, or has not the heads that are to be read.
    """
    sources = [ids for reading in readings for ids in reading.source_parts]
    targets = [ids for reading in readings for ids in reading.target_parts]
    network = model.networks[0] if isinstance(model, Ensemble) else model
    cross = iter(cross_attention(network, sources, targets, batch_tokens=batch_tokens))
    return [_aligned(tokenizer, fact, each, [next(cross) for _ in each.source_parts]) for each in readings]


def _aligned(
    tokenizer: Tokenizer, fact: "AlignmentFact | None", reading: Reading, cross: Sequence[NDArray[np.float32]]
) -> Alignment:
    source, target = spaced_words(reading.source.strip()), spaced_words(reading.target)
    of_source = _words_of_parts(tokenizer, reading.source_parts, source)
    of_target = _words_of_parts(tokenizer, reading.target_parts, target)
    links: set[tuple[int, int]] = set()
    for cells, source_words, target_words in zip(cross, of_source, of_target, strict=True):
        if cells.size:  # an empty source has no layers
            reader = _reader(fact, *cells.shape[:2])
            shape = (len(target), len(source))
            links.update(reader.links(words_between(reader.strengths(cells), target_words, source_words, shape=shape)))
    return Alignment(tuple(source), tuple(target), tuple(sorted(links)))


def _reader(fact: "AlignmentFact | None", num_layers: int, num_heads: int) -> AlignmentReader:
    if fact is None:
        return default_reader(num_layers, num_heads)
    return AlignmentReader(fact.heads, fact.shift, fact.least_share, fact.cover_share)


def _words_of_parts(tokenizer: Tokenizer, parts: Sequence[Ids], words: Sequence[str]) -> Iterator[list[int | None]]:
    """For each part the word of each of its pieces; the parts' characters, but for spaces, follow one another."""
    texts = [tokenizer.decode(ids) for ids in parts]
    numbers = visible_words(_as_spelled(tokenizer, texts, words))
    for ids, text in zip(parts, texts, strict=True):
        yield words_of_pieces(target_spans(tokenizer, ids), text, numbers)
        numbers = numbers[sum(not character.isspace() for character in text) :]


def _as_spelled(tokenizer: Tokenizer, texts: Sequence[str], words: Sequence[str]) -> Sequence[str]:
    """The words with the characters that their pieces spell.

    A translation's words are those of its pieces. Words that were read need not be: they are brought to a normal form,
    and a vocabulary learned elsewhere spells nothing of what it does not know.
    """
    if _visible(words) == _visible(texts):
        return words
    return [tokenizer.decode(ids) for ids in tokenizer.encode_batch(words)]


def _visible(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())
