"""A network's weights by name, each once: what is saved, averaged and restored.

A tied weight has one name here, the first it is known by, however many modules share it.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from regard.errors import ShapeError


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """The weights themselves, not copies, by name."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copies weights into a network, converting them to its type.

    Raises:
        ShapeError: names or shapes differ from the network's; the message lists them, and nothing was changed.
    """
    own = weights_of(model)
    problems = [f"{name} is missing" for name in own.keys() - weights.keys()]
    problems += [f"{name} is unknown" for name in weights.keys() - own.keys()]
    problems += [
        f"{name} is {tuple(weights[name].shape)}, but must be {tuple(own[name].shape)}"
        for name in own.keys() & weights.keys()
        if own[name].shape != weights[name].shape
    ]
    if problems:
        raise ShapeError("these weights are not of this network: " + "; ".join(sorted(problems)))
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])
