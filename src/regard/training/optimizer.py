"""AdamW (Loshchilov & Hutter 2019), and its state as tensors by name."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from regard.settings.training import TrainingSettings

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def build_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW over all weights; matrices decay, biases and norms do not."""
    parameters = list(model.parameters())
    groups = [
        {"params": [weight for weight in parameters if weight.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [weight for weight in parameters if weight.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, eps=settings.epsilon, fused=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The rate of the next update, for all weights."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def moments_of(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as ``moment/weight-name`` → tensor; empty before the first update."""
    return {
        f"{moment}/{name}": optimizer.state[weight][moment]
        for name, weight in model.named_parameters()
        if weight in optimizer.state
        for moment in _MOMENTS
    }


def load_moments(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    moments: Mapping[str, Tensor],
    *,
    own: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> None:
    """Restores what ``moments_of`` gave; ``own`` gives the part of a moment that belongs to the part of a weight."""
    for name, weight in model.named_parameters():
        names = {moment: f"{moment}/{name}" for moment in _MOMENTS if f"{moment}/{name}" in moments}
        state = {moment: _own(moments[key].to(weight.device), weight, own) for moment, key in names.items()}
        if state:
            optimizer.state[weight] = state


def _own(moment: Tensor, weight: Tensor, own: Callable[[Tensor, Tensor], Tensor] | None) -> Tensor:
    return moment if own is None or moment.shape != weight.shape else own(moment, weight)
