"""Who may look at whom in a translation model, worked out here once more, and what each attention really looked at.

The truth below is written down without the masks of ``regard.attention``: whoever checks must not ask the accused.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention import Place
from regard.attention.diagnosis import largest
from regard.doctor.stages import Look, Recording
from regard.layout import Layout


@final
@dataclass(frozen=True)
class Sentences:
    """How long the sources and targets of a batch are."""

    source: Layout
    target: Layout

    def truth(self, look: Look) -> Bool[Tensor, "batch 1 query key"]:
        """What an attention may look at: real keys, and no future ones."""
        num_queries, num_keys = look.attended.queries.shape[2], look.attended.keys.shape[2]
        layout = self.target if _is_decoder_self(look) else self.source
        real = torch.tensor([[key < length for key in range(num_keys)] for length in layout.lengths])
        allowed = real[:, None, None, :].expand(-1, 1, num_queries, num_keys)
        if not _is_decoder_self(look):
            return allowed
        queries = range(look.first, look.first + num_queries)
        return allowed & torch.tensor([[key <= query for key in range(num_keys)] for query in queries])

    def read(self, look: Look) -> Bool[Tensor, "batch 1 query 1"]:
        """Which queries are real tokens; what padding looks at is computed, and never read."""
        layout = self.source if look.name.startswith("encoder") else self.target
        queries = range(look.first, look.first + look.attended.queries.shape[2])
        return torch.tensor([[query < length for query in queries] for length in layout.lengths])[:, None, :, None]


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
        if not size <= worst[0]:
            worst = size, Place(look.name, head, sentence, look.first + query)
    return worst
