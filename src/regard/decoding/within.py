"""Search within a shortlist: each sentence is translated with the pieces that its own source allows.

Log-probabilities are normalised over these pieces. What a sentence may be translated with does not depend on what it is
translated beside. An ordinary search has a small vocabulary then, another one for each sentence; one that somebody
steers keeps the whole one, where all other pieces have no probability.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from regard.decoding.hypothesis import Hypothesis
from regard.layout import Layout
from regard.models.interface import Best, MemoryT, StateT, StepWithin, TranslationModel
from regard.text.control import PAD
from regard.text.shortlist import Shortlist


@final
@dataclass(frozen=True, eq=False)
class Within:
    """The pieces that may occur in the translation of each source, in ascending order: control tokens come first.

    Attributes:
        pieces: their ids; PAD where a sentence has no more.
        is_none: where that is so.
    """

    pieces: Int[Tensor, "sentence candidate"]
    is_none: Bool[Tensor, "sentence candidate"]

    @classmethod
    def of(cls, shortlist: Shortlist, sources: Sequence[Sequence[int]], more: Iterable[Iterable[int]] = ()) -> "Within":
        """What a shortlist allows; ``more`` may occur in each translation besides, because somebody asks for it."""
        allowed = shortlist.allowed(sources)
        for row, asked in zip(allowed, more, strict=False):
            row[list(asked)] = True
        counts = allowed.sum(1)
        is_none = np.arange(counts.max()) >= counts[:, None]
        pieces = np.full(is_none.shape, PAD, np.int64)
        pieces[~is_none] = allowed.nonzero()[1]
        return cls(torch.from_numpy(pieces), torch.from_numpy(is_none))

    def to(self, device: torch.device) -> "Within":
        """The same on a device."""
        return Within(self.pieces.to(device), self.is_none.to(device))

    def select(self, sentences: Int[Tensor, " picked"]) -> "Within":
        """Those of some sentences."""
        return Within(self.pieces[sentences], self.is_none[sentences])

    def normalised(
        self, log_probabilities: Float[Tensor, "row vocab"], sentences: Sequence[int]
    ) -> Float[Tensor, "row vocab"]:
        """Log-probabilities over what the sentence of each row may have; minus infinity for all else."""
        own = self.to(log_probabilities.device).select(torch.tensor(sentences))
        few = log_probabilities.gather(1, own.pieces).masked_fill_(own.is_none, float("-inf")).log_softmax(1)
        inside = torch.full_like(log_probabilities, float("-inf")).scatter_(1, own.pieces, few)
        inside[:, PAD] = few[:, PAD]  # and not one of those that are none
        return inside

    def spelled(self, found: Hypothesis, sentence: int) -> Hypothesis:
        """A hypothesis whose ids count a sentence's pieces, in ids of the vocabulary."""
        return replace(found, ids=tuple(self.pieces[sentence, list(found.ids)].tolist()))


@final
@dataclass(frozen=True, eq=False)
class AmongState:
    """The network's state, and which of the sentences that were read together are still in it."""

    inner: Any
    sentences: Int[Tensor, " sentence"]

    def select(self, sentences: Int[Tensor, " picked"]) -> "AmongState":
        """The state of some sentences."""
        return AmongState(self.inner.select(sentences), self.sentences[sentences])

    def follow(self, parents: Int[Tensor, "sentence row"]) -> "AmongState":
        """Each row goes on from a row of its sentence."""
        return replace(self, inner=self.inner.follow(parents))


@final
class Among(TranslationModel[MemoryT, AmongState]):
    """A network with a small vocabulary, another one for each sentence: ids count its pieces, nothing else is scored.

    Control tokens have the ids they always have, since they come first.

    Args:
        model: the network.
        step: its ``step_within`` the pieces.
        within: the pieces of the sentences that are going to be read, in one batch.
    """

    def __init__(self, model: TranslationModel[MemoryT, StateT], step: StepWithin[StateT], within: Within) -> None:
        super().__init__()
        self.training = model.training
        self.model = model
        self._step = step
        self._within = within
        self._is_even = not bool(within.is_none.any())
        self.vocab_size, self.max_positions = within.pieces.shape[1], model.max_positions

    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> MemoryT:
        """Reads sources, in ids of the whole vocabulary."""
        return self.model.encode(source, layout)

    def start(self, memory: MemoryT, *, copies: int = 1) -> AmongState:
        """Opens a decoding state."""
        sentences = torch.arange(len(self._within.pieces), device=self._within.pieces.device)
        return AmongState(self.model.start(memory, copies=copies), sentences)

    def step(self, state: AmongState, tokens: Int[Tensor, " row"]) -> tuple[Float[Tensor, "row vocab"], AmongState]:
        """Appends one token to each row; logits are those of its sentence's pieces, minus infinity of what is none."""
        by_sentence = tokens.view(len(state.sentences), -1)
        spelled = self._within.pieces[state.sentences[:, None], by_sentence].flatten()
        logits, inner = self._step(state.inner, spelled, state.sentences)
        if not self._is_even:
            rows = logits.view(*by_sentence.shape, -1)
            rows.masked_fill_(self._within.is_none[state.sentences, None], float("-inf"))
        return logits, replace(state, inner=inner)

    def best(
        self, logits: Float[Tensor, "row vocab"], before: Float64[Tensor, "group member"], count: int, *, first_id: int
    ) -> Best | None:
        """See ``TranslationModel``; the network's."""
        return self.model.best(logits, before, count, first_id=first_id)

    def features(self, *arguments: Any) -> Tensor:
        """See ``TranslationModel``; the network's, in ids of the whole vocabulary."""
        return self.model.features(*arguments)

    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """See ``TranslationModel``; the network's, of the whole vocabulary."""
        return self.model.logits(vectors)
