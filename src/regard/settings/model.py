"""The ``[model]`` section: the shape of the network."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from regard.settings.section import Conflict, Section

Norm = Literal["pre", "post"]
FeedForward = Literal["relu", "gelu", "swish", "swiglu", "none"]
Positions = Literal["sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"]
Tying = Literal["all", "target", "none"]


class ModelSettings(Section):
    """An encoder-decoder Transformer (Vaswani et al. 2017). The paper's symbols stand in brackets.

    Settings marked *for experiments* exist to be shown going wrong; no preset uses them.
    """

    kind: Literal["transformer"] = "transformer"
    model_dim: int = Field(256, ge=2, le=16384, description="features of a token's vector (d_model)")
    num_heads: int = Field(4, ge=1, le=256, description="attention heads (h); divides model_dim")
    feedforward_dim: int = Field(1024, ge=1, le=65536, description="hidden features (d_ff)")
    encoder_layers: int = Field(3, ge=1, le=128, description="layers of the encoder (N)")
    decoder_layers: int = Field(3, ge=1, le=128, description="layers of the decoder (N)")
    norm: Norm = Field("pre", description="layer norm before each block, or after it as in the paper")
    feedforward: FeedForward = Field("relu", description="activation; 'none' (for experiments) drops it")
    positions: Positions = Field("sinusoidal", description="'none' is for experiments")
    max_length: int = Field(1024, ge=1, le=1_000_000, description="positions a 'learned' table has")
    tied_embeddings: Tying = Field(
        "all", description="'all': source, target and output share one table; 'target': target and output"
    )
    scale_embeddings: bool = Field(True, description="multiply embeddings by sqrt(model_dim), as in the paper")
    embedding_norm: bool = Field(False, description="layer norm on the summed embeddings")
    output_bias: bool = Field(False, description="a bias on the output layer, as Marian has")
    dropout: float = Field(0.1, ge=0, lt=1, description="on embeddings and on each block's output")
    attention_dropout: float = Field(0.0, ge=0, lt=1, description="on attention weights")
    feedforward_dropout: float = Field(0.0, ge=0, lt=1, description="inside the feed-forward network")
    future_mask: bool = Field(True, description="off is for experiments: the decoder sees the answer")
    padding_mask: bool = Field(True, description="off is for experiments: padding is looked at")
    scale_scores: bool = Field(True, description="off is for experiments: scores without 1/sqrt(d_k)")

    def conflicts(self) -> Iterator[Conflict]:
        """Dimensions that cannot be divided as asked."""
        if self.model_dim % self.num_heads:
            yield Conflict(
                ("num_heads", "model_dim"),
                f"num_heads must divide model_dim, but {self.model_dim} / {self.num_heads} leaves a rest",
            )
        elif self.positions == "rotary" and self.head_dim % 2:
            yield Conflict(
                ("positions", "num_heads", "model_dim"),
                f"rotary positions need an even model_dim / num_heads, but it is {self.head_dim}",
            )
        if self.positions.startswith("sinusoidal") and self.model_dim % 2:
            yield Conflict(
                ("model_dim", "positions"), f"sinusoidal positions need an even model_dim, but it is {self.model_dim}"
            )

    @property
    def head_dim(self) -> int:
        """Features of one head (the paper's d_k = d_v)."""
        return self.model_dim // self.num_heads
