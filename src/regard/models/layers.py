"""Linear maps, layer norm and embeddings that compute in the type of their input.

Weights stay in the type they are stored in (float32 while training) and are rounded on the way into a product, so
that a bfloat16 computation updates float32 weights.
"""

from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from regard.kernels import Kernels
from regard.kernels.linear import column_sums, rectified_back, rectify, takes_linear
from regard.kernels.norm import normalised, normalised_back, takes_norm
from regard.models.products import Product


@final
class Linear(nn.Module):
    """``x Wᵀ + b``, computed in x's type. ``weight`` is (output, input), as in ``torch.nn.Linear``.

    ``product`` computes it instead, once the weight is final and somebody made one.
    """

    product: Product | None = None
    kernels: Kernels | None = None
    """Rectify and add up gradients while training, where somebody gave it some."""

    def __init__(self, input_dim: int, output_dim: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(output_dim, input_dim))
        self.bias = nn.Parameter(torch.zeros(output_dim)) if bias else None
        nn.init.xavier_uniform_(self.weight)

    def forward(self, vectors: Float[Tensor, "... input"], *, rectified: bool = False) -> Float[Tensor, "... output"]:
        """Maps the last axis; what is below 0 becomes 0 if it is to be ``rectified``."""
        # Read once: a low-rank change would be added at every reading.
        if self.kernels is not None and self.training and takes_linear(vectors, weight := self.weight):
            found: Tensor = _Linear.apply(  # type: ignore[no-untyped-call]
                vectors.contiguous(), weight, self.bias, rectified, self.kernels
            )
            return found
        result = self._map(vectors)
        return functional.relu(result) if rectified else result

    def _map(self, vectors: Float[Tensor, "... input"]) -> Float[Tensor, "... output"]:
        if self.product is not None and self.product.takes(vectors):
            return self.product(vectors)
        bias = None if self.bias is None else self.bias.to(vectors.dtype)
        return functional.linear(vectors, self.weight.to(vectors.dtype), bias)


@final
class _Linear(Function):
    """A linear layer whose weights stay float32, and so do their gradients; kernels do what is no product.

    What it returns is no view, so that it may be written over.
    """

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        vectors, weight, bias, rectified, ctx.kernels = inputs
        rounded = weight.to(vectors.dtype)
        result: Tensor = functional.linear(vectors, rounded, None if bias is None else bias.to(vectors.dtype))
        if rectified:
            rectify(ctx.kernels, result)
        ctx.save_for_backward(vectors, rounded, result if rectified else None)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        vectors, rounded, result = ctx.saved_tensors
        needs_vectors, needs_weight, needs_bias, *_ = ctx.needs_input_grad
        upstream, sums = upstream.reshape(-1, upstream.shape[-1]).contiguous(), None
        if result is not None:
            upstream, sums = rectified_back(ctx.kernels, upstream, result.view(upstream.shape))
        elif needs_bias:
            sums = column_sums(ctx.kernels, upstream)
        to_vectors = (upstream @ rounded).view(vectors.shape) if needs_vectors else None
        to_weight = (upstream.t() @ vectors.view(-1, vectors.shape[-1])).float() if needs_weight else None
        return to_vectors, to_weight, sums if needs_bias else None, None, None


@final
class LayerNorm(nn.Module):
    """Layer normalisation (Ba et al. 2016) over the last axis; statistics in float32 at least."""

    kernels: Kernels | None = None
    """Compute norm and gradient while training, where somebody gave it some."""

    def __init__(self, dim: int, *, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        self.epsilon = epsilon

    def forward(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... model"]:
        """Normalises each vector."""
        if self.kernels is not None and self.training and takes_norm(vectors, self.weight):
            found: Tensor = _Normal.apply(  # type: ignore[no-untyped-call]
                vectors.contiguous(), self.weight, self.bias, self.epsilon, self.kernels
            )
            return found
        weight, bias = self.weight.to(vectors.dtype), self.bias.to(vectors.dtype)
        return functional.layer_norm(vectors, weight.shape, weight, bias, self.epsilon)


@final
class _Normal(Function):
    """Layer norm by a compiled kernel; its weights stay float32, and so do their gradients."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        vectors, weight, bias, epsilon, ctx.kernels = inputs
        result, statistics = normalised(ctx.kernels, vectors, weight, bias, epsilon)
        ctx.save_for_backward(vectors, weight, statistics)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        vectors, weight, statistics = ctx.saved_tensors
        return *normalised_back(ctx.kernels, vectors, weight, statistics, upstream.contiguous()), None, None


@final
class Embedding(nn.Module):
    """One vector per piece of the vocabulary; also the output layer where both are tied (Press & Wolf 2017).

    ``product`` computes the logits instead, once the weight is final and somebody made one.
    """

    product: Product | None = None

    def __init__(self, vocab_size: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocab_size, dim))
        nn.init.normal_(self.weight, std=dim**-0.5)

    def forward(self, ids: Int[Tensor, "batch position"]) -> Float[Tensor, "batch position model"]:
        """Looks ids up."""
        return functional.embedding(ids, self.weight)

    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """Scores every piece by its dot product with a vector."""
        if self.product is not None and self.product.takes(vectors):
            return self.product(vectors)
        return functional.linear(vectors, self.weight.to(vectors.dtype))
