"""Layers of the recurrent translator: one direction, two directions, and attention from states to the source."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from regard.attention import Steps, View
from regard.attention.additive import attend_additively
from regard.layout import Layout
from regard.models.layers import LayerNorm, Linear
from regard.models.multihead import HeadCore, KeyValues
from regard.models.noise import Dropout, Noise
from regard.models.recurrence import CELLS, CellState
from regard.settings.model import ModelSettings


def backwards(layout: Layout, *, device: torch.device | str = "cpu") -> Tensor:
    """Where each cell of a rectangle finds its value when every sentence is read backwards, padding staying behind.

    Returns:
        Int[Tensor, "batch position"]: positions; applying it twice gives the sentence back.
    """
    positions = torch.arange(layout.width, device=device)[None, :]
    lengths = torch.tensor(layout.lengths, dtype=torch.long, device=device)[:, None]
    return torch.where(positions < lengths, lengths - 1 - positions, positions)


def _reordered(vectors: Tensor, places: Tensor) -> Tensor:
    rows = torch.arange(places.shape[0], device=places.device)[:, None] * places.shape[1]
    return vectors.flatten(0, 1).index_select(0, (rows + places).flatten()).view(vectors.shape)


@final
class TwoDirections(nn.Module):
    """A layer of the encoder: half of its features read from the left, half from the right (Schuster & Paliwal 1997).

    Both directions run over the real words first, so padding can reach neither. Norm and residual are outside of the
    loop; a residual is added where sizes agree.
    """

    def __init__(self, input_dim: int, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        cell, half = CELLS[settings.cell], settings.recurrent_dim // 2
        self.from_left, self.from_right = cell(input_dim, half), cell(input_dim, half)
        self.norm = LayerNorm(settings.recurrent_dim)
        self.dropout = Dropout(settings.dropout, noise)

    def forward(
        self, vectors: Float[Tensor, "batch position input"], places: Tensor
    ) -> Float[Tensor, "batch position features"]:
        """Reads all positions; ``places`` is ``backwards`` of their layout."""
        nothing = self.from_left.nothing(vectors.shape[0], like=vectors)
        left, _ = self.from_left(vectors, nothing)
        right, _ = self.from_right(_reordered(vectors, places), nothing)
        read = self.dropout(self.norm(torch.cat((left, _reordered(right, places)), dim=-1)))
        return vectors + read if vectors.shape[-1] == read.shape[-1] else read


@final
class OneDirection(nn.Module):
    """A layer of the decoder, which cannot see the future by construction."""

    def __init__(self, input_dim: int, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.cell = CELLS[settings.cell](input_dim, settings.recurrent_dim)
        self.norm = LayerNorm(settings.recurrent_dim)
        self.dropout = Dropout(settings.dropout, noise)

    def forward(
        self, vectors: Float[Tensor, "batch position input"], start: CellState
    ) -> tuple[Float[Tensor, "batch position features"], CellState]:
        """Runs on from ``start``; returns what goes up, and the state after the last position."""
        outputs, states = self.cell(vectors, start)
        return self.dropout(self.norm(outputs)), tuple(state[:, -1] for state in states)


@final
class AttentionToSource(nn.Module):
    """Decoder states look at encoder states; what they carry over are the encoder states themselves.

    ``dot`` compares them as they are, ``general`` after a projection (Luong et al. 2015, section 3.1), ``additive``
    through a small network (Bahdanau et al. 2015).
    """

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        dim = settings.recurrent_dim
        self.core = HeadCore(settings, noise)
        self.core.head_dim = dim // settings.num_heads
        self.core.scale = self.core.head_dim**-0.5 if settings.scale_scores else 1.0
        projects = settings.attention_score != "dot"
        self.project_query = Linear(dim, dim) if projects else None
        self.project_memory = Linear(dim, dim, bias=False) if projects else None
        self.vector: nn.Parameter | None = None
        if settings.attention_score == "additive":
            self.core.score = "additive"
            self.vector = nn.Parameter(torch.empty(settings.num_heads, self.core.head_dim))
            nn.init.normal_(self.vector, std=self.core.head_dim**-0.5)

    def remember(self, memory: Float[Tensor, "batch key features"]) -> KeyValues:
        """Keys and values of the encoder's states, computed once."""
        keys = memory if self.project_memory is None else self.project_memory(memory)
        return KeyValues(*self.core.split(keys, parts=1), *self.core.split(memory, parts=1))

    def forward(
        self, states: Float[Tensor, "batch query features"], memory: KeyValues, view: View
    ) -> Float[Tensor, "batch query features"]:
        """The context of each state."""
        projected = states if self.project_query is None else self.project_query(states)
        (queries,) = self.core.split(projected, parts=1)
        if self.vector is None:
            return self.core.mix(queries, memory, view)
        return self.core.mix_by(self._attend_additively, queries, memory, view)

    def _attend_additively(self, queries: Tensor, memory: KeyValues, view: View) -> Steps:
        assert self.vector is not None
        dropout = self.core.dropout if self.core.dropout.is_active else None
        vector = self.vector.to(queries.dtype)
        return attend_additively(queries, memory.keys, memory.values, view, vector=vector, dropout=dropout)
