"""Fine-tuning by low-rank changes: W + (α/r)·B·A, of which only A and B are trained (LoRA; Hu et al. 2021, equation 3).

A begins random and B zero, so the network begins as it was. To publish it, the products are added to the weights: what
is saved is an ordinary network, as quick as before.
"""

import math
from collections.abc import Mapping, Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from regard.errors import SettingsError
from regard.models.layers import Linear
from regard.models.parts import is_in

_INSIDE = ".parametrizations.weight."


@final
class LowRank(nn.Module):
    """Adds a product of two narrow matrices to a weight."""

    def __init__(self, weight: Float[Tensor, "output input"], rank: int, alpha: float) -> None:
        super().__init__()
        self.down = nn.Parameter(weight.new_empty(rank, weight.shape[1]))
        self.up = nn.Parameter(weight.new_zeros(weight.shape[0], rank))
        self.scale = alpha / rank
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Float[Tensor, "output input"]) -> Float[Tensor, "output input"]:
        """The weight as it is used."""
        return weight + self.scale * (self.up @ self.down)


def add_low_rank(model: nn.Module, *, rank: int, alpha: float, matrices: Sequence[str]) -> int:
    """Lets only low-rank changes of some matrices be trained; returns how many matrices that are.

    Raises:
        SettingsError: a name in ``matrices`` is that of no matrix of a layer.
    """
    layers = {name: module for name, module in model.named_modules() if isinstance(module, Linear)}
    unknown = [part for part in matrices if not any(is_in(f"{name}.weight", part) for name in layers)]
    if unknown:
        raise SettingsError(
            f"training.lora_matrices: no matrix of this network is in {', '.join(map(repr, unknown))}; there are "
            f"{', '.join(sorted({name.rpartition('.')[2] for name in layers}))}, named like {next(iter(layers))}.weight"
        )
    for weight in model.parameters():
        weight.requires_grad_(False)
    chosen = [one for name, one in layers.items() if any(is_in(f"{name}.weight", part) for part in matrices)]
    for layer in chosen:
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank, alpha))
    return len(chosen)


def absorbed(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same network under the same names, its low-rank changes added to what they change, so that nothing is left.

    Args:
        model: has the low-rank changes, if there are any.
        weights: as ``weights_of`` gives them, of this network at any time.
    """
    same = dict(weights)
    for name, module in model.named_modules():
        if isinstance(module, LowRank):
            down, up, original = f"{name}.down", f"{name}.up", f"{name.rpartition('.')[0]}.original"
            same[original] = weights[original] + module.scale * (weights[up] @ weights[down])
            same[up] = torch.zeros_like(weights[up])
    return same


def merged_state(model: nn.Module) -> dict[str, Tensor]:
    """The ``state_dict`` of the network, low-rank changes added to its weights; the usual one where there are none."""
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        layer, inside, part = name.partition(_INSIDE)
        if not inside:
            state[name] = tensor
        elif part == "original":
            with torch.no_grad():
                state[f"{layer}.weight"] = model.get_submodule(layer).weight.clone()  # type: ignore[operator]
    return state
