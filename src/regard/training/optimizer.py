"""AdamW (Loshchilov & Hutter 2019), or Muon with it (Jordan et al. 2024), and their state as tensors by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn

from regard.models.layers import Linear
from regard.settings.training import TrainingSettings

_MOMENTS = ("step", "exp_avg", "exp_avg_sq", "momentum_buffer")


@final
class MuonWithAdamW(torch.optim.Optimizer):
    """Muon for the matrices of layers, AdamW for all else: embeddings, the output layer, biases, norms.

    Muon makes each update of a matrix nearly orthogonal. Scaled as Liu et al. 2025 propose ("Muon is scalable for LLM
    training", section 2.2), it takes AdamW's learning rate and weight decay. Projections that are one matrix (queries,
    keys, values) are taken as one.
    """

    def __init__(self, matrices: Sequence[Tensor], others: Sequence[Tensor], settings: TrainingSettings) -> None:
        muon = torch.optim.Muon(
            matrices,
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            momentum=settings.muon_momentum,
            adjust_lr_fn="match_rms_adamw",
        )
        self.parts: tuple[torch.optim.Optimizer, ...] = (muon, _adamw(others, settings))
        super().__init__([group for part in self.parts for group in part.param_groups], {})
        for part in self.parts:
            part.state = self.state  # one state, so that it is saved and restored like that of any optimizer

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Changes all weights."""
        for part in self.parts:
            part.step()


def build_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimizer the settings name, over all weights; matrices decay, biases and norms do not."""
    parameters = list(model.parameters())
    if settings.optimizer == "adamw":
        return _adamw(parameters, settings)
    output = getattr(model, "output", None)
    layers = [module for module in model.modules() if isinstance(module, Linear) and module is not output]
    chosen = {id(layer.weight): layer.weight for layer in layers}
    return MuonWithAdamW(list(chosen.values()), [w for w in parameters if id(w) not in chosen], settings)


def _adamw(parameters: Sequence[Tensor], settings: TrainingSettings) -> torch.optim.AdamW:
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
        if moment in optimizer.state[weight]
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
