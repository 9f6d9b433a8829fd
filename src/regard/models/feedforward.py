"""The position-wise feed-forward network: the non-linearity attention lacks (Vaswani et al. 2017, section 3.3)."""

from collections.abc import Callable
from typing import Final, final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from regard.models.layers import Linear
from regard.models.noise import Dropout, Noise
from regard.settings.model import ModelSettings

ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "swish": functional.silu,
    "swiglu": functional.silu,
}


@final
class FeedForwardNetwork(nn.Module):
    """``W₂ f(W₁ x + b₁) + b₂`` on each position alone; with swiglu, ``W₂ (f(W₁ x) ⊙ W₃ x)`` (Shazeer 2020)."""

    def __init__(self, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[settings.feedforward]
        self.is_rectifier = settings.feedforward == "relu"
        self.expand = Linear(settings.model_dim, settings.feedforward_dim)
        self.gate = Linear(settings.model_dim, settings.feedforward_dim) if settings.feedforward == "swiglu" else None
        self.contract = Linear(settings.feedforward_dim, settings.model_dim)
        self.dropout = Dropout(settings.feedforward_dropout, noise)

    def forward(self, vectors: Float[Tensor, "batch position model"]) -> Float[Tensor, "batch position model"]:
        """Maps each position's vector."""
        hidden = self.expand(vectors, rectified=True) if self.is_rectifier else self.activation(self.expand(vectors))
        if self.gate is not None:
            hidden = hidden * self.gate(vectors)
        return self.contract(self.dropout(hidden))
