"""The input of a stack: embedding of the token plus its position (Vaswani et al. 2017, sections 3.4 and 3.5)."""

from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from regard.errors import ShapeError
from regard.kernels import Kernels
from regard.kernels.embedding import embedded, embedded_back, takes_ids
from regard.models.layers import Embedding, LayerNorm
from regard.models.noise import Dropout, Noise
from regard.positions import sinusoidal, sinusoidal_halves
from regard.settings.model import ModelSettings

_TABLES = {"sinusoidal": sinusoidal, "sinusoidal-halves": sinusoidal_halves}
_FIRST_TABLE = 256


@final
class InputEmbedding(nn.Module):
    """Looks tokens up, scales by √model_dim, adds positions, normalises if asked, drops out."""

    kernels: Kernels | None = None
    """Look up, scale, add and round in one pass while training, where somebody gave it some."""

    def __init__(self, tokens: Embedding, settings: ModelSettings, noise: Noise) -> None:
        super().__init__()
        self.tokens = tokens
        self.factor = settings.model_dim**0.5 if settings.scale_embeddings else 1.0
        self.positions = PositionTable(settings)
        self.norm = LayerNorm(settings.model_dim) if settings.embedding_norm else None
        self.dropout = Dropout(settings.dropout, noise)

    def forward(
        self,
        ids: Int[Tensor, "batch position"],
        *,
        dtype: torch.dtype,
        first: int = 0,
        places: Int[Tensor, "batch position"] | None = None,
        abreast: bool = False,
    ) -> Float[Tensor, "batch position model"]:
        """Vectors of tokens at positions ``first``, ``first + 1`` …, or at ``places``, computed in ``dtype``.

        Tokens that stand ``abreast`` are alternatives of one another, all at ``first``.
        """
        length = 1 if abreast else ids.shape[1]
        position = self.positions(length, first=first) if places is None else self.positions.at(places)
        if self._has_kernel(ids, position, dtype):
            vectors: Tensor = _Looked.apply(  # type: ignore[no-untyped-call]
                self.tokens.weight, ids, position, self.factor, dtype, self.kernels
            )
        else:
            vectors = self.tokens(ids) * self.factor
            vectors = (vectors if position is None else vectors + position).to(dtype)
        return self.dropout(vectors if self.norm is None else self.norm(vectors))

    def _has_kernel(self, ids: Tensor, position: Tensor | None, dtype: torch.dtype) -> bool:
        if self.kernels is None or not self.training:
            return False
        table = self.tokens  # hooks want to see it called
        hooks = table._forward_hooks, table._forward_pre_hooks, table._backward_hooks, table._backward_pre_hooks
        return not any(hooks) and takes_ids(ids, self.tokens.weight, position, dtype)


@final
class _Looked(Function):
    """Vectors of tokens with their positions by a compiled kernel; the table's gradient is float32."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        table, ids, positions, ctx.factor, dtype, ctx.kernels = inputs
        ids = ids.contiguous()
        ctx.save_for_backward(ids)
        ctx.vocab_size = len(table)
        return embedded(ctx.kernels, ids, table, positions, factor=ctx.factor, dtype=dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        (ids,) = ctx.saved_tensors
        upstream = upstream.contiguous()
        table = embedded_back(ctx.kernels, upstream, ids, factor=ctx.factor, vocab_size=ctx.vocab_size)
        return table, None, None, None, None, None


@final
class PositionTable(nn.Module):
    """The vector of each position: a formula's, a learned one, or none (rotary positions turn queries and keys)."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.kind = settings.positions
        self.dim = settings.model_dim
        self.table: nn.Parameter | Tensor | None = None
        if self.kind == "learned":
            self.table = nn.Parameter(torch.empty(settings.max_length, self.dim))
            nn.init.normal_(self.table, std=0.02)
        elif self.kind in _TABLES:
            self.register_buffer("formula", _TABLES[self.kind](_FIRST_TABLE, self.dim), persistent=False)

    def forward(self, length: int, *, first: int = 0) -> Float[Tensor, "position model"] | None:
        """Vectors of ``length`` positions from ``first`` on.

        Raises:
            ShapeError: a learned table is shorter than the sentence.
        """
        if self.kind == "learned":
            return self._learned(length, first)
        if self.kind not in _TABLES:
            return None
        return self._computed(first + length)[first : first + length]

    def at(self, places: Int[Tensor, "batch position"]) -> Float[Tensor, "batch position model"] | None:
        """Vectors of the given positions.

        Raises:
            ShapeError: a learned table is shorter than the longest sentence.
        """
        table = self(int(places.max()) + 1 if places.numel() else 0)
        return None if table is None else table[places]

    def _computed(self, end: int) -> Tensor:
        table: Tensor = self.get_buffer("formula")
        if end > table.shape[0]:  # a formula has no longest sentence: the table grows
            grown = _TABLES[self.kind](max(end, 2 * table.shape[0]), self.dim)
            self.formula = table = grown.to(table.device, table.dtype)
        return table

    def _learned(self, length: int, first: int) -> Tensor:
        assert isinstance(self.table, Tensor)
        if first + length > self.table.shape[0]:
            raise ShapeError(
                f"the sentence reaches position {first + length}, but model.max_length gave the learned positions "
                f"only {self.table.shape[0]}; split the sentence, or train with a larger model.max_length"
            )
        return self.table[first : first + length]
