"""The loss of two readings that are to agree (R-Drop), and both gradients."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.kernels.library import Kernels, float_room, rounded_up
from regard.kernels.loss import takes_loss


def takes_consistency(
    first: Float[Tensor, "picked vocab"], second: Float[Tensor, "picked vocab"], targets: Int[Tensor, " token"]
) -> bool:
    """Whether the kernel can do it."""
    return first.dtype == second.dtype and takes_loss(first, targets) and takes_loss(second, targets)


def consistency_and_gradients(
    kernels: Kernels,
    first: Float[Tensor, "picked vocab"],
    second: Float[Tensor, "picked vocab"],
    targets: Int[Tensor, " token"],
    *,
    smoothing: float,
    strength: float,
    weight: float,
    in_place: bool = False,
) -> tuple[Float[Tensor, ""], Float[Tensor, "picked vocab"], Float[Tensor, "picked vocab"]]:
    """``weight`` times the sum over tokens, and its gradients for the logits, 0 in rows beyond the last target.

    ``in_place`` the gradients take the places of the logits.
    """
    gradients = [logits.detach() if in_place else torch.empty_like(logits) for logits in (first, second)]
    count, vocab = len(targets), first.shape[1]
    for gradient in gradients:
        gradient[count:] = 0
    losses = torch.empty(count, dtype=torch.float64, device="cpu")
    room = float_room(torch.get_num_threads(), 2, rounded_up(vocab))  # two rows in float32 for each
    pointers = (each.data_ptr() for each in (first, second, targets, *gradients, losses, room))
    total = kernels.call("consistency", first.dtype, *pointers, count, vocab, smoothing, strength, weight)
    return torch.tensor(total, dtype=torch.float32, device="cpu"), gradients[0], gradients[1]
