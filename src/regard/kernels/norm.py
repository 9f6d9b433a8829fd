"""Layer norm and its gradient."""

import torch
from jaxtyping import Float
from torch import Tensor

from regard.kernels.library import Kernels, fits_lanes, float_room, takes
from regard.kernels.sums import ROWS_OF_TASK, shares


def takes_norm(vectors: Float[Tensor, "... model"], weight: Float[Tensor, " model"]) -> bool:
    """Whether the kernel can do it: the norm's own weights are float32, whatever the vectors are."""
    return takes(vectors) and takes(weight) and weight.dtype == torch.float32 and fits_lanes(vectors.shape[-1])


def normalised(
    kernels: Kernels,
    vectors: Float[Tensor, "... model"],
    weight: Float[Tensor, " model"],
    bias: Float[Tensor, " model"],
    epsilon: float,
) -> tuple[Float[Tensor, "... model"], Float[Tensor, "row 2"]]:
    """Normalises contiguous vectors; also returns the statistics that the gradient needs."""
    size = vectors.shape[-1]
    result, statistics = torch.empty_like(vectors), float_room(vectors.numel() // size, 2)
    pointers = (each.data_ptr() for each in (vectors, weight, bias, statistics, result))
    kernels.call("normalise", vectors.dtype, *pointers, len(statistics), size, epsilon)
    return result, statistics


def normalised_back(
    kernels: Kernels,
    vectors: Float[Tensor, "... model"],
    weight: Float[Tensor, " model"],
    statistics: Float[Tensor, "row 2"],
    upstream: Float[Tensor, "... model"],
) -> tuple[Float[Tensor, "... model"], Float[Tensor, " model"], Float[Tensor, " model"]]:
    """The gradients for vectors, weight and bias; those of the weights are float32 sums."""
    size = vectors.shape[-1]
    result, room, sums = torch.empty_like(vectors), shares(len(statistics), 2 * size), float_room(2, size)
    pointers = (each.data_ptr() for each in (vectors, weight, statistics, upstream, result, room, sums))
    kernels.call("normalise_back", vectors.dtype, *pointers, len(statistics), size, ROWS_OF_TASK)
    return result, sums[0], sums[1]
