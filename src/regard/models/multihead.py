"""Multi-head attention: projections around ``attend`` (Vaswani et al. 2017, section 3.2.2)."""

from collections.abc import Callable
from typing import Final, Literal, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize

from regard.attention import AttentionPath, Steps, View, attend
from regard.kernels import Kernels
from regard.models.cache import KeyValues
from regard.models.heads import split_heads
from regard.models.layers import Linear
from regard.models.noise import Dropout, Noise
from regard.models.witness import Attended, Witness
from regard.positions import rotate
from regard.settings.model import ModelSettings

__all__ = ["Attending", "CrossAttention", "HeadCore", "KeyValues", "Places", "SelfAttention"]

Attending = Callable[[Tensor, KeyValues, View], Steps]
"""Queries, keys with values, and a view become the steps of an attention."""
Places = Int[Tensor, "#batch position"] | None
"""Where each token stands in its own sentence, where rows hold several; None where they stand one after another."""

_FIRST_FACTOR: Final = 10.0  # log2(L² − L), as the paper begins, for sentences of L = 32 tokens


@final
class SelfAttention(nn.Module):
    """Queries, keys and values all come from the same sequence. ``project`` computes the three in one product."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.core = HeadCore(settings, noise)
        self.rotary = settings.positions == "rotary"
        self.project = Linear(settings.model_dim, 3 * settings.model_dim)
        self.output = Linear(settings.model_dim, settings.model_dim)

    def forward(
        self,
        vectors: Float[Tensor, "batch query model"],
        view: View,
        past: KeyValues | None = None,
        *,
        first: int = 0,
        places: Places = None,
    ) -> tuple[Float[Tensor, "batch query model"], KeyValues]:
        """Attends to the sequence itself, after ``past`` if given; returns the keys and values to remember.

        The queries stand at positions ``first``, ``first + 1`` …, or each where ``places`` says.
        """
        queries, keys, values = self.core.split(self.project(vectors), parts=3)
        queries, keys = self.core.normed_queries(queries), self.core.normed_keys(keys)
        if self.rotary:
            queries, keys = (rotate(part, first=first, places=places) for part in (queries, keys))
        known = KeyValues(keys, values)
        known = known if past is None else past.append(known)
        return self.output(self.core.mix(queries, known, view)), known


@final
class CrossAttention(nn.Module):
    """Queries come from the decoder; keys and values from the encoder, computed once by ``remember``."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.core = HeadCore(settings, noise)
        self.project_query = Linear(settings.model_dim, settings.model_dim)
        self.project_memory = Linear(settings.model_dim, 2 * settings.model_dim)
        self.output = Linear(settings.model_dim, settings.model_dim)

    def remember(self, memory: Float[Tensor, "batch key model"]) -> KeyValues:
        """The keys and values of the encoder's vectors."""
        keys, values = self.core.split(self.project_memory(memory), parts=2)
        return KeyValues(self.core.normed_keys(keys), values)

    def forward(
        self, vectors: Float[Tensor, "batch query model"], memory: KeyValues, view: View
    ) -> Float[Tensor, "batch query model"]:
        """Attends to the remembered source."""
        (queries,) = self.core.split(self.project_query(vectors), parts=1)
        return self.output(self.core.mix(self.core.normed_queries(queries), memory, view))


@final
class HeadCore(nn.Module):
    """What all attentions share: cutting features into heads, attending, joining the heads again.

    ``witness`` is who watches, if anybody does; ``score`` says how scores are made from queries and keys;
    ``kernels`` are compiled functions that it may take while training, where somebody gave it some.
    """

    witness: Witness | None = None
    score: Literal["dot", "additive"] = "dot"
    kernels: Kernels | None = None

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.num_heads = settings.num_heads
        self.head_dim = settings.head_dim
        self.scale = settings.head_dim**-0.5 if settings.scale_scores else 1.0
        self.dropout = Dropout(settings.attention_dropout, noise)
        self.path: AttentionPath = "auto"
        self.factor = nn.Parameter(torch.tensor([_FIRST_FACTOR])) if settings.qk_norm else None

    def normed_queries(self, queries: Float[Tensor, "... head_dim"]) -> Float[Tensor, "... head_dim"]:
        """With query-key norm (Henry et al. 2020), queries so long that scores are a learned factor times cosines."""
        if self.factor is None:
            return queries
        return normalize(queries, dim=-1) * (self.factor / self.scale).to(queries.dtype)

    def normed_keys(self, keys: Float[Tensor, "... head_dim"]) -> Float[Tensor, "... head_dim"]:
        """With query-key norm, keys of length 1."""
        return keys if self.factor is None else normalize(keys, dim=-1)

    def split(self, projected: Float[Tensor, "batch position features"], *, parts: int) -> tuple[Tensor, ...]:
        """Cuts features into ``parts`` tensors of (batch, head, position, head_dim)."""
        batch, length, _ = projected.shape
        if self._kernels is not None and projected.requires_grad:
            return split_heads(projected, parts, self.num_heads)
        return projected.view(batch, length, parts, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4).unbind(0)

    def mix(
        self, queries: Float[Tensor, "batch head query head_dim"], known: KeyValues, view: View
    ) -> Float[Tensor, "batch query model"]:
        """Attends by dot products, and joins the heads."""
        return self.mix_by(self._attend, queries, known, view)

    def mix_by(
        self, attending: Attending, queries: Float[Tensor, "batch head query head_dim"], known: KeyValues, view: View
    ) -> Float[Tensor, "batch query features"]:
        """Attends as ``attending`` does, before the witness if there is one, and joins the heads."""
        if self.witness is None:
            return _joined(attending(queries, known, view))
        view = self.witness.admit(view)
        steps = attending(queries, known, view)
        self.witness.saw(Attended(queries, known.keys, known.values, view, steps))
        return _joined(steps)

    def _attend(self, queries: Tensor, known: KeyValues, view: View) -> Steps:
        dropout = self.dropout if self.dropout.is_active else None
        kernels, keys, values = self._kernels, known.keys, known.values
        return attend(queries, keys, values, view, path=self.path, scale=self.scale, dropout=dropout, kernels=kernels)

    @property
    def _kernels(self) -> Kernels | None:
        return self.kernels if self.training else None


def _joined(steps: Steps) -> Tensor:
    return steps.context.transpose(1, 2).flatten(2)
