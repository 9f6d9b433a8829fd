"""The ``[model]`` section: the shape of the network."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from regard.settings.section import Conflict, Section

Norm = Literal["pre", "post"]
FeedForward = Literal["relu", "gelu", "swish", "swiglu", "none"]
Positions = Literal["sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"]
Tying = Literal["all", "target", "none"]
Kind = Literal["transformer", "recurrent"]
Cell = Literal["gru", "lstm"]
AttentionScore = Literal["additive", "dot", "general"]

_TRANSFORMER_ONLY = (
    "norm", "feedforward", "positions", "embedding_norm", "feedforward_dropout", "future_mask", "qk_norm",
    "decoder_layer_drop",
)  # fmt: skip
_RECURRENT_ONLY = ("cell", "state_dim", "attention_score", "input_feeding")


class ModelSettings(Section):
    """A Transformer (Vaswani et al. 2017; the paper's symbols in brackets), or a recurrent network with attention.

    Settings marked *for experiments* exist to be shown going wrong; no preset uses them.
    """

    kind: Kind = Field("transformer", description="'recurrent': an LSTM or GRU with attention, to compare with")
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
    qk_norm: bool = Field(
        False, description="scores are cosines times a learned factor (Henry et al. 2020), for few pairs"
    )
    decoder_layer_drop: float = Field(
        0.0, ge=0, lt=1, description="in training, how often a decoder layer is left out (LayerDrop, Fan et al. 2020)"
    )
    future_mask: bool = Field(True, description="off is for experiments: the decoder sees the answer")
    padding_mask: bool = Field(True, description="off is for experiments: padding is looked at")
    scale_scores: bool = Field(True, description="off is for experiments: scores without 1/sqrt(d_k)")

    cell: Cell = Field("gru", description="of a recurrent model")
    state_dim: int | None = Field(None, ge=2, le=16384, description="of a recurrent model; model_dim if not given")
    attention_score: AttentionScore = Field("additive", description="of a recurrent model")
    input_feeding: bool = Field(False, description="of a recurrent model: each word's readout goes into the next")

    def conflicts(self) -> Iterator[Conflict]:
        """Dimensions that cannot be divided as asked; keys that mean nothing for this kind of network."""
        others = _RECURRENT_ONLY if self.kind == "transformer" else _TRANSFORMER_ONLY
        for key in others:
            if getattr(self, key) != type(self).model_fields[key].default:
                yield Conflict((key, "kind"), f"{key} means nothing for a model of kind {self.kind!r}; leave it out")
        yield from self._transformer_conflicts() if self.kind == "transformer" else self._recurrent_conflicts()

    def _recurrent_conflicts(self) -> Iterator[Conflict]:
        if self.recurrent_dim % (2 * self.num_heads):
            yield Conflict(
                ("state_dim", "model_dim", "num_heads"),
                "a recurrent model's state_dim must be a multiple of twice num_heads, but it is "
                f"{self.recurrent_dim} with {self.num_heads} heads; if it is not given, it is model_dim",
            )

    def _transformer_conflicts(self) -> Iterator[Conflict]:
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
        if self.qk_norm and not self.scale_scores:
            yield Conflict(
                ("scale_scores", "qk_norm"), "with qk_norm a learned factor scales the scores; leave scale_scores out"
            )

    @property
    def recurrent_dim(self) -> int:
        """Features of a recurrent layer's state."""
        return self.state_dim or self.model_dim

    @property
    def head_dim(self) -> int:
        """Features of one head (the paper's d_k = d_v)."""
        return self.model_dim // self.num_heads
