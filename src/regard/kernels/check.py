"""Whether the kernels compute on this machine what their twins compute, tried before they are relied on."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final

import torch
from torch import Tensor

from regard.errors import MachineError
from regard.kernels.attention import Three, attended, attended_back
from regard.kernels.compiling import folder
from regard.kernels.consistency import consistency_and_gradients
from regard.kernels.dropout import dropped
from regard.kernels.embedding import embedded, embedded_back
from regard.kernels.library import Kernels, loaded_kernels
from regard.kernels.linear import column_sums, rectified_back, rectify
from regard.kernels.loss import loss_and_gradient
from regard.kernels.norm import normalised, normalised_back
from regard.kernels.twins import (
    plain_attention,
    plain_consistency,
    plain_embedding,
    plain_factors,
    plain_loss,
    plain_norm,
    plain_rectifier,
)

_TOLERATED: Final = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
_SCALE: Final = 0.25
Found = Sequence[Tensor]
"""A result, then its gradients."""


@cache
def checked_kernels() -> Kernels:
    """The kernels of this machine, compiled now if they never were, after a check of each.

    Raises:
        MachineError: they cannot be compiled or loaded, or one computes something else than its twin.
    """
    kernels = loaded_kernels()
    for name, largest in largest_errors(kernels).items():
        if not largest <= 1:
            raise MachineError(
                f"the compiled kernel of {name} does not compute what PyTorch computes: its error is {largest:.3g} "
                f"times what is tolerated; delete {folder()} to have them made by another compiler, which CXX may name"
            )
    return kernels


def largest_errors(kernels: Kernels) -> dict[str, float]:
    """The error of each kernel on small random tensors, as a multiple of what is tolerated."""
    return {
        name: _largest(check(kernels, dtype) / tolerated for dtype, tolerated in _TOLERATED.items())
        for name, check in _CHECKS.items()
    }


def farthest(found: Found, wanted: Found) -> float:
    """The largest difference, relative to the largest number of each tensor that is wanted."""
    return _largest(
        float((one.double() - other.double()).abs().max() / other.double().abs().max().clamp_min(1e-30))
        for one, other in zip(found, wanted, strict=True)
    )


def _largest(errors: Iterable[float]) -> float:
    """NaN if one is: Python's ``max`` passes over what cannot be compared."""
    listed = list(errors)
    return math.nan if any(map(math.isnan, listed)) else max(listed)


def _by_autograd(result: Tensor, inputs: Sequence[Tensor], upstream: Tensor) -> Found:
    return result.detach(), *torch.autograd.grad(result, inputs, upstream)


def _drawn(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> list[Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw).to(dtype) for shape in shapes]


def _exact(*tensors: Tensor) -> list[Tensor]:
    return [one.double().requires_grad_() for one in tensors]


def _loss(kernels: Kernels, dtype: torch.dtype) -> float:
    (logits,) = _drawn(1, dtype, (7, 85))
    targets, (exact,) = torch.arange(7) * 14, _exact(logits)
    found = loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=0.5)
    wanted = plain_loss(exact, targets, smoothing=0.1, weight=0.5)
    return farthest(found, _by_autograd(wanted, [exact], torch.ones(())))


def _consistency(kernels: Kernels, dtype: torch.dtype) -> float:
    first, second = _drawn(10, dtype, (7, 85), (7, 85))
    targets, inputs = torch.arange(7) * 14, _exact(first, second)
    found = consistency_and_gradients(kernels, first, second, targets, smoothing=0.1, strength=5.0, weight=0.5)
    wanted = plain_consistency(inputs[0], inputs[1], targets, smoothing=0.1, strength=5.0, weight=0.5)
    return farthest(found, _by_autograd(wanted, inputs, torch.ones(())))


def _dropout(kernels: Kernels, dtype: torch.dtype) -> float:
    vectors, residual = _drawn(2, dtype, (3, 75), (3, 75))
    found = dropped(kernels, vectors, seed=2**63 + 11, levels=77, residual=residual)
    factors = plain_factors((3, 75), seed=2**63 + 11, levels=77)
    return farthest([found], [residual.double() + vectors.double() * factors])


def _embedding(kernels: Kernels, dtype: torch.dtype) -> float:
    table, positions = _drawn(8, torch.float32, (9, 48), (5, 48))
    (upstream,) = _drawn(9, dtype, (3, 5, 48))
    ids = torch.arange(15).view(3, 5) * 4 % 9
    result = embedded(kernels, ids, table, positions, factor=3.0, dtype=dtype)
    gradient = embedded_back(kernels, upstream, ids, factor=3.0, vocab_size=9)
    (exact,) = _exact(table)
    wanted = plain_embedding(ids, exact, positions.double(), factor=3.0)
    return farthest([result, gradient], _by_autograd(wanted, [exact], upstream.double()))


def _rectifier(kernels: Kernels, dtype: torch.dtype) -> float:
    before, upstream = _drawn(6, dtype, (37, 48), (37, 48))
    bias, result = torch.zeros(48), before.clone()
    rectify(kernels, result)
    inputs = _exact(before, bias)
    wanted = _by_autograd(plain_rectifier(inputs[0], inputs[1]), inputs, upstream.double())
    return farthest([result, *rectified_back(kernels, upstream, result)], wanted)


def _bias(kernels: Kernels, dtype: torch.dtype) -> float:
    (upstream,) = _drawn(7, dtype, (37, 48))
    return farthest([column_sums(kernels, upstream)], [upstream.double().sum(0)])


def _norm(kernels: Kernels, dtype: torch.dtype) -> float:
    vectors, upstream = _drawn(3, dtype, (37, 48), (37, 48))
    weight, bias = _drawn(4, torch.float32, (48,), (48,))
    result, statistics = normalised(kernels, vectors, weight, bias, 1e-5)
    inputs = _exact(vectors, weight, bias)
    wanted = _by_autograd(plain_norm(inputs[0], inputs[1], inputs[2], 1e-5), inputs, upstream.double())
    return farthest([result, *normalised_back(kernels, vectors, weight, statistics, upstream)], wanted)


def _attention(kernels: Kernels, dtype: torch.dtype) -> float:
    queries, keys, values, upstream = _drawn(5, dtype, (2, 3, 9, 32), (2, 3, 19, 32), (2, 3, 19, 32), (2, 3, 9, 32))
    allowed = torch.ones(2, 1, 9, 19, dtype=torch.bool).tril(8)
    allowed[0, 0, 3] = False
    heads: Three = queries, keys, values
    context, weights = attended(kernels, heads, allowed, scale=_SCALE)
    gradients = attended_back(kernels, heads, allowed, weights, upstream, scale=_SCALE)
    inputs = _exact(*heads)
    wanted = plain_attention(inputs[0], inputs[1], inputs[2], allowed, scale=_SCALE)
    return farthest([context, *gradients], _by_autograd(wanted, inputs, upstream.double()))


_CHECKS: Final[dict[str, Callable[[Kernels, torch.dtype], float]]] = {
    "the loss": _loss,
    "the loss of two readings": _consistency,
    "dropout": _dropout,
    "embeddings": _embedding,
    "the rectifier": _rectifier,
    "the gradient of a bias": _bias,
    "layer norm": _norm,
    "attention": _attention,
}
