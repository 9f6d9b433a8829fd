"""Attention through PyTorch's FlexAttention, whose kernels skip blocks of 128 × 128 cells that are wholly hidden.

On a GPU it is compiled, with gradients. On a CPU it runs as PyTorch defines it, uncompiled and slow, and without a
gradient (PyTorch 2.13 has none there): good for comparing, and never the dispatcher's choice.
"""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from regard.attention.conventions.block_mask import block_mask_from_allowed
from regard.attention.view import View
from regard.errors import AttentionError


def flex(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key value_dim"],
    view: View,
    scale: float,
) -> Float[Tensor, "batch head query value_dim"]:
    """The context.

    Raises:
        AttentionError: a gradient is needed on a CPU, or the device's kernels do not know the type.
    """
    _refuse_what_it_cannot(queries, keys, values)
    block_mask = None
    if view.hidden is not None:
        block_mask = block_mask_from_allowed(view.allowed, num_rows=queries.shape[0], num_heads=queries.shape[1])
    if queries.device.type == "cpu":
        context = _uncompiled()(queries.detach(), keys.detach(), values.detach(), block_mask=block_mask, scale=scale)
    else:
        context = _compiled()(queries, keys, values, block_mask=block_mask, scale=scale)
    return context if view.blind is None else context.masked_fill(view.blind, 0)


@cache
def _uncompiled() -> Callable[..., Tensor]:
    from torch.nn.attention.flex_attention import flex_attention

    def as_defined(*tensors: Any, **options: Any) -> Any:
        with torch.compiler.set_stance("force_eager"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="flex_attention called without torch.compile")
            return flex_attention(*tensors, **options)

    return as_defined


@cache
def _compiled() -> Callable[..., Tensor]:
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention)


def _refuse_what_it_cannot(*tensors: Tensor) -> None:
    device, dtype = tensors[0].device.type, tensors[0].dtype
    if device == "cpu" and torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        raise AttentionError(
            "path 'flex' was asked for a gradient on a CPU, where FlexAttention has none; "
            "compute under torch.no_grad(), on a GPU, or by path 'plain' or 'fused'"
        )
    if device != "cpu" and dtype == torch.float64:
        raise AttentionError(
            f"path 'flex' was given float64 on {device}, where FlexAttention has kernels for float32, bfloat16 and "
            "float16; use one of these, or path 'plain'"
        )
