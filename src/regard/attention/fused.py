"""Attention through PyTorch's fused kernels: the context alone, without ever keeping scores or weights."""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from regard.attention.view import View


def fused(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key value_dim"],
    view: View,
    scale: float,
) -> Float[Tensor, "batch head query value_dim"]:
    """The context; the causal kernel only where the view says that the mask is no more and no less than causal."""
    if view.is_causal or view.hidden is None:
        return scaled_dot_product_attention(queries, keys, values, is_causal=view.is_causal, scale=scale)
    if view.blind is None:
        return scaled_dot_product_attention(queries, keys, values, attn_mask=view.allowed, scale=scale)
    # A blind query is shown every key and its context is cleared: what the kernel does with it is not defined.
    shown = view.allowed | view.blind
    context = scaled_dot_product_attention(queries, keys, values, attn_mask=shown, scale=scale)
    return context.masked_fill(view.blind, 0)
