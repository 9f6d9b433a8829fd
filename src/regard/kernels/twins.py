"""What each kernel computes, in plain PyTorch: the reference, in any type, differentiable by autograd."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from regard.kernels.dropout import LEVELS


def plain_loss(
    logits: Float[Tensor, "token vocab"], targets: Int[Tensor, " token"], *, smoothing: float, weight: float
) -> Float[Tensor, ""]:
    """The sum over tokens of the smoothed cross-entropy, times ``weight``."""
    return weight * functional.cross_entropy(logits, targets, label_smoothing=smoothing, reduction="sum")


def plain_consistency(
    first: Float[Tensor, "token vocab"],
    second: Float[Tensor, "token vocab"],
    targets: Int[Tensor, " token"],
    *,
    smoothing: float,
    strength: float,
    weight: float,
) -> Float[Tensor, ""]:
    """The mean of both smoothed cross-entropies and ``strength``/4 times the divergence both ways, times ``weight``."""
    entropies = [plain_loss(logits, targets, smoothing=smoothing, weight=weight / 2) for logits in (first, second)]
    logs = [logits.log_softmax(-1) for logits in (first, second)]
    divergence = ((logs[0].exp() - logs[1].exp()) * (logs[0] - logs[1])).sum()
    return entropies[0] + entropies[1] + weight * strength / 4 * divergence


def plain_factors(shape: tuple[int, ...], *, seed: int, levels: int) -> Float[Tensor, "..."]:
    """0 where a cell is dropped, else the scale of what is kept: SplitMix64, a byte per cell."""
    cells = int(np.prod(shape))
    with np.errstate(over="ignore"):
        steps = np.arange(1, (cells + 7) // 8 + 1, dtype=np.uint64)
        words = steps * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    kept = torch.from_numpy(words.astype("<u8").view(np.uint8)[:cells] >= levels)
    return (kept.double() * (LEVELS / (LEVELS - levels))).view(shape)


def plain_embedding(
    ids: Int[Tensor, "batch position"],
    table: Float[Tensor, "vocab model"],
    positions: Float[Tensor, "... position model"],
    *,
    factor: float,
) -> Float[Tensor, "batch position model"]:
    """Vectors of tokens, with their positions."""
    return table[ids] * factor + positions


def plain_rectifier(
    vectors: Float[Tensor, "row output"], bias: Float[Tensor, " output"]
) -> Float[Tensor, "row output"]:
    """A bias added, and what is below 0 put to 0."""
    return (vectors + bias).relu()


def plain_norm(
    vectors: Float[Tensor, "... model"], weight: Float[Tensor, " model"], bias: Float[Tensor, " model"], epsilon: float
) -> Float[Tensor, "... model"]:
    """Layer norm."""
    return functional.layer_norm(vectors, weight.shape, weight, bias, epsilon)


def plain_attention(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key head_dim"],
    allowed: Bool[Tensor, "#batch mask_heads query key"] | None,
    *,
    scale: float,
) -> Float[Tensor, "batch head query head_dim"]:
    """The context; 0 for a query that may look at nothing."""
    scores = queries @ keys.transpose(2, 3) * scale
    if allowed is None:
        return scores.softmax(-1) @ values
    blind = ~allowed.any(-1, keepdim=True)
    masked = scores.masked_fill(~allowed, -torch.inf).masked_fill(blind, 0)
    return masked.softmax(-1).masked_fill(blind, 0) @ values
