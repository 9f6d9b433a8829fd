"""What a linear layer does beside its products: the rectifier behind it, and the gradient of its bias."""

import torch
from jaxtyping import Float
from torch import Tensor

from regard.kernels.library import Kernels, fits_lanes, float_room, takes
from regard.kernels.sums import ROWS_OF_TASK, shares


def takes_linear(vectors: Float[Tensor, "... input"], weight: Float[Tensor, "output input"]) -> bool:
    """Whether the kernels can do it: weights are float32, whatever the vectors are."""
    return takes(vectors) and takes(weight) and weight.dtype == torch.float32 and fits_lanes(weight.shape[0])


def rectify(kernels: Kernels, vectors: Float[Tensor, "... output"]) -> None:
    """Puts 0 where a contiguous tensor is below."""
    kernels.call("rectify", vectors.dtype, vectors.data_ptr(), vectors.numel())


def rectified_back(
    kernels: Kernels, upstream: Float[Tensor, "row output"], rectified: Float[Tensor, "row output"]
) -> tuple[Float[Tensor, "row output"], Float[Tensor, " output"]]:
    """The gradient before the rectifier, and its sum over rows in float32; both tensors are contiguous."""
    result, room, sums = torch.empty_like(upstream), shares(*upstream.shape), float_room(upstream.shape[1])
    pointers = (each.data_ptr() for each in (upstream, rectified, result, room, sums))
    kernels.call("rectify_back", upstream.dtype, *pointers, *upstream.shape, ROWS_OF_TASK)
    return result, sums


def column_sums(kernels: Kernels, upstream: Float[Tensor, "row output"]) -> Float[Tensor, " output"]:
    """The sum over rows of a contiguous tensor, in float32."""
    room, sums = shares(*upstream.shape), float_room(upstream.shape[1])
    pointers = (each.data_ptr() for each in (upstream, room, sums))
    kernels.call("sum_columns", upstream.dtype, *pointers, *upstream.shape, ROWS_OF_TASK)
    return sums
