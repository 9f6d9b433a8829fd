"""Cutting features into heads so that the way back copies nothing, where gradients lie as the features did."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from regard.kernels.attention import lie_together


@final
class _Split(Function):
    """Views of one tensor. A kernel that knows writes their gradients into one tensor, too."""

    @staticmethod
    def forward(_: Any, projected: Tensor, parts: int, num_heads: int) -> tuple[Tensor, ...]:
        batch, length, features = projected.shape
        cut = projected.view(batch, length, parts, num_heads, features // (parts * num_heads))
        return cut.permute(2, 0, 3, 1, 4).unbind(0)

    @staticmethod
    @once_differentiable
    def backward(_: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        batch, num_heads, length, head_dim = gradients[0].shape
        features = len(gradients) * num_heads * head_dim
        if lie_together(gradients):
            steps = length * features, features, 1
            return gradients[0].as_strided((batch, length, features), steps), None, None
        return torch.stack(gradients).permute(1, 3, 0, 2, 4).reshape(batch, length, features), None, None


def split_heads(
    projected: Float[Tensor, "batch position features"], parts: int, num_heads: int
) -> tuple[Float[Tensor, "batch head position head_dim"], ...]:
    """Cuts features into ``parts`` tensors of heads."""
    found: tuple[Tensor, ...] = _Split.apply(projected, parts, num_heads)  # type: ignore[no-untyped-call]
    return found
