"""A second network of the same weights, to watch and to change while the first one goes on translating."""

import copy
from itertools import chain
from typing import Any

from torch import nn

from regard.models import AnyModel


def twin_of(model: AnyModel) -> AnyModel:
    """The same network in modules of its own, which share every weight with it.

    What is set on the twin's modules the original never sees, whichever thread it is working in; no weight is copied.
    """
    shared: dict[int, Any] = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    twin: AnyModel = copy.deepcopy(model, shared)
    return twin.eval()


def modules_of(model: nn.Module, kind: type[nn.Module]) -> list[tuple[str, Any]]:
    """The modules of one kind, with their names."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, kind)]
