"""Layers of the encoder and the decoder: attention and feed-forward blocks, each with norm, dropout and residual."""

from collections.abc import Callable
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from regard.attention import View
from regard.models.feedforward import FeedForwardNetwork
from regard.models.layers import LayerNorm
from regard.models.multihead import CrossAttention, KeyValues, Places, SelfAttention
from regard.models.noise import Dropout, Noise
from regard.settings.model import ModelSettings


@final
class Residual(nn.Module):
    """``x + block(norm(x))`` (pre, Xiong et al. 2020) or ``norm(x + block(x))`` (post, as in the paper)."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.pre = settings.norm == "pre"
        self.norm = LayerNorm(settings.model_dim)
        self.dropout = Dropout(settings.dropout, noise)

    def forward(
        self, vectors: Float[Tensor, "batch position model"], block: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch position model"]:
        """Wraps one block."""
        if self.pre:
            return self.dropout.added(vectors, block(self.norm(vectors)))
        return self.norm(self.dropout.added(vectors, block(vectors)))


def _feedforward(settings: ModelSettings, noise: Noise) -> FeedForwardNetwork | None:
    return None if settings.feedforward == "none" else FeedForwardNetwork(settings, noise)


@final
class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.attention = SelfAttention(settings, noise)
        self.around_attention = Residual(settings, noise)
        self.feedforward = _feedforward(settings, noise)
        self.around_feedforward = Residual(settings, noise) if self.feedforward else None

    def forward(
        self, vectors: Float[Tensor, "batch position model"], view: View, *, places: Places = None
    ) -> Float[Tensor, "batch position model"]:
        """One layer over all source positions at once."""
        vectors = self.around_attention(vectors, lambda inner: self.attention(inner, view, places=places)[0])
        if self.feedforward is None or self.around_feedforward is None:
            return vectors
        return self.around_feedforward(vectors, self.feedforward)


@final
class DecoderLayer(nn.Module):
    """Masked self-attention, attention to the source, then feed-forward."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.attention = SelfAttention(settings, noise)
        self.around_attention = Residual(settings, noise)
        self.cross = CrossAttention(settings, noise)
        self.around_cross = Residual(settings, noise)
        self.feedforward = _feedforward(settings, noise)
        self.around_feedforward = Residual(settings, noise) if self.feedforward else None

    def forward(
        self,
        vectors: Float[Tensor, "batch position model"],
        view: View,
        memory: KeyValues,
        memory_view: View,
        past: KeyValues | None = None,
        *,
        first: int = 0,
        places: Places = None,
    ) -> tuple[Float[Tensor, "batch position model"], KeyValues]:
        """One layer over the given target positions; also what a later step must remember of them."""
        known: list[KeyValues] = []

        def attend_to_self(inner: Tensor) -> Tensor:
            context, keys_and_values = self.attention(inner, view, past, first=first, places=places)
            known.append(keys_and_values)
            return context

        vectors = self.around_attention(vectors, attend_to_self)
        vectors = self.around_cross(vectors, lambda inner: self.cross(inner, memory, memory_view))
        if self.feedforward is not None and self.around_feedforward is not None:
            vectors = self.around_feedforward(vectors, self.feedforward)
        return vectors, known[0]
