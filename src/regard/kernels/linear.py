"""What a linear layer does beside its products: the rectifier behind it, and the gradient of its bias."""

import torch
from jaxtyping import Float
from torch import Tensor

from regard.kernels.library import Kernels, fits_lanes, takes


def takes_linear(vectors: Float[Tensor, "... input"], weight: Float[Tensor, "output input"]) -> bool:
    """Whether the kernels can do it: weights are float32, whatever the vectors are."""
    return takes(vectors) and takes(weight) and weight.dtype == torch.float32 and fits_lanes(weight.shape[0])


def rectify(kernels: Kernels, vectors: Float[Tensor, "row output"]) -> None:
    """Puts 0 where a contiguous tensor is below."""
    kernels.call("rectify", vectors.dtype, vectors.data_ptr(), vectors.numel())


def rectified_back(
    kernels: Kernels, upstream: Float[Tensor, "row output"], rectified: Float[Tensor, "row output"]
) -> tuple[Float[Tensor, "row output"], Float[Tensor, " output"]]:
    """The gradient before the rectifier, and its sum over rows in float32; both tensors are contiguous."""
    result, sums = torch.empty_like(upstream), torch.empty(upstream.shape[1])
    pointers = (each.data_ptr() for each in (upstream, rectified, result, sums))
    kernels.call("rectify_back", upstream.dtype, *pointers, *upstream.shape)
    return result, sums


def column_sums(kernels: Kernels, upstream: Float[Tensor, "row output"]) -> Float[Tensor, " output"]:
    """The sum over rows of a contiguous tensor, in float32."""
    sums = torch.empty(upstream.shape[1])
    kernels.call("sum_columns", upstream.dtype, upstream.data_ptr(), sums.data_ptr(), *upstream.shape)
    return sums
