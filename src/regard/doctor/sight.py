"""Who may look at whom in a translation model, worked out here once more, and what each attention really looked at.

The truth below is written down without the masks of ``regard.attention``: whoever checks must not ask the accused.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention import Place
from regard.attention.diagnosis import largest, severity
from regard.doctor.stages import Look, Recording
from regard.layout import Layout


@final
@dataclass(frozen=True)
class Sentences:
    """How long the sources and targets of a batch are."""

    source: Layout
    target: Layout

    def truth(self, look: Look) -> Bool[Tensor, "batch 1 query key"]:
        """What an attention may look at: real keys of its own sentence, and no future ones."""
        queries, keys = self._queries(look), range(look.attended.keys.shape[2])
        key_layout = self.target if _is_decoder_self(look) else self.source
        of_queries = torch.tensor(_sentence_of(self._query_layout(look), queries))[:, None, :, None]
        of_keys = torch.tensor(_sentence_of(key_layout, keys))[:, None, None, :]
        allowed = (of_queries == of_keys) & (of_keys >= 0)
        if not _is_decoder_self(look):
            return allowed
        return allowed & torch.tensor([[key <= query for key in keys] for query in queries])

    def read(self, look: Look) -> Bool[Tensor, "batch 1 query 1"]:
        """Which queries are real tokens; what padding looks at is computed, and never read."""
        numbers = torch.tensor(_sentence_of(self._query_layout(look), self._queries(look)))
        return (numbers >= 0)[:, None, :, None]

    def _query_layout(self, look: Look) -> Layout:
        return self.source if look.name.startswith("encoder") else self.target

    def _queries(self, look: Look) -> range:
        return range(look.first, look.first + look.attended.queries.shape[2])


def _sentence_of(layout: Layout, positions: range) -> list[list[int]]:
    """Which sentence of its row each position belongs to, counted from 0; -1 is padding."""
    rows = layout.segments or [(length,) for length in layout.lengths]
    numbers = [[number for number, length in enumerate(row) for _ in range(length)] for row in rows]
    return [[row[position] if position < len(row) else -1 for position in positions] for row in numbers]


def _is_decoder_self(look: Look) -> bool:
    return look.name.startswith("decoder") and look.name.endswith("self")


def forbidden_weight(recording: Recording, sentences: Sentences) -> tuple[float, Place | None]:
    """The weight at a cell that may not be looked at, in the first attention that has one; and where it is."""
    for look in recording.looks:
        weights = look.attended.steps.weights
        if weights is None:
            continue
        wrong = ~sentences.truth(look) & sentences.read(look)
        size, index = largest(weights, wrong.expand_as(weights))
        if size != 0:
            return size, _cell(look, index)
    return 0.0, None


def _cell(look: Look, index: tuple[int, ...]) -> Place:
    sentence, head, query, key = index
    return Place(look.name, head, sentence, look.first + query, key)


def wrong_cells(recording: Recording, sentences: Sentences) -> tuple[int, Place | None]:
    """How many cells of the masks are not as they must be, among the queries that are read; and the first of them."""
    count, first = 0, None
    for look in recording.looks:
        heads = look.attended.queries.shape[1]
        wrong = (look.attended.view.allowed != sentences.truth(look)) & sentences.read(look)
        count += int(wrong.sum()) * (heads // wrong.shape[1])
        if first is None and bool(wrong.any()):
            first = _cell(look, tuple(wrong.nonzero()[0].tolist()))
    return count, first


def row_sums(recording: Recording) -> tuple[float, Place | None]:
    """How far the weights of a query are from summing to 1, or to 0 where it may look at nothing; and where."""
    worst: tuple[float, Place | None] = (0.0, None)
    for look in recording.looks:
        if look.attended.steps.weights is None:
            continue
        sums = look.attended.steps.weights.sum(-1)
        expected = look.attended.view.allowed.any(-1).expand_as(sums).to(sums.dtype)
        size, (sentence, head, query) = largest(sums - expected)
        if severity(size) > severity(worst[0]):
            worst = size, Place(look.name, head, sentence, look.first + query)
    return worst
