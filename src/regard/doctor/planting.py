"""Reaches into the network where tokens become vectors: to take gradients there, or to put a NaN there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from jaxtyping import Int
from torch import Tensor, nn

from regard.models import AnyModel
from regard.models.layers import Embedding

Change = Callable[[Tensor], Tensor]


@contextmanager
def embedded(model: AnyModel, ids: Int[Tensor, "batch position"], change: Change) -> Iterator[None]:
    """Meanwhile, the vectors that exactly these ids are looked up as are changed."""

    def intercept(_module: nn.Module, inputs: Any, output: Any) -> Any:
        return change(output) if torch.equal(inputs[0], ids) else None

    tables = [module for module in model.modules() if isinstance(module, Embedding)]
    handles = [table.register_forward_hook(intercept) for table in tables]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@final
class Leaf:
    """Catches the vectors of some ids as a leaf, so that gradients can be taken with respect to them."""

    def __init__(self) -> None:
        self.vectors = torch.empty(0)

    def __call__(self, vectors: Tensor) -> Tensor:
        """The same vectors, with gradients from here on."""
        self.vectors = vectors.detach().requires_grad_()
        return self.vectors


def with_nan(*, row: int, first: int) -> Change:
    """Puts NaN into a row from position ``first`` on."""

    def change(vectors: Tensor) -> Tensor:
        changed = vectors.clone()
        changed[row, first:] = torch.nan
        return changed

    return change
