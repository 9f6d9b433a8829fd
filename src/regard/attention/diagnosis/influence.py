"""Which input position moves which output position: by the gradient, and by what a changed input changes."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from regard.attention.diagnosis.subject import Subject


def influence(subject: Subject, inputs: Tensor, allowed: Tensor) -> Float[Tensor, "query key"]:
    """How strongly each input of the first sentence moves each of its outputs: norms of ∂ output / ∂ input.

    An output is reduced to one number by a fixed random direction, so a dependence is missed with probability 0.
    Cells are NaN where the gradient is. Where no gradient comes back at all, as from an adapter under
    ``torch.no_grad()``, they are norms of what another input changes instead, which misses what rounding swallows.
    """
    moved = _by_gradient(subject, inputs, allowed)
    return moved if moved.any() else _by_value(subject, inputs, allowed)


def _by_gradient(subject: Subject, inputs: Tensor, allowed: Tensor) -> Float[Tensor, "query key"]:
    inputs = inputs.detach().requires_grad_()
    output = subject(inputs, allowed)
    generator = torch.Generator().manual_seed(1)
    direction = torch.randn(output.shape[-1], generator=generator, dtype=torch.float64).to(output.dtype)
    moved = (output[0] @ direction).unbind()
    return torch.stack([_gradient(row, inputs) for row in moved])


def _gradient(number: Tensor, inputs: Tensor) -> Float[Tensor, " key"]:
    if not number.requires_grad:
        return torch.zeros(inputs.shape[1], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(number, inputs, retain_graph=True, materialize_grads=True)
    sizes: Tensor = torch.linalg.vector_norm(gradient[0].double(), dim=-1)
    return sizes


def _by_value(subject: Subject, inputs: Tensor, allowed: Tensor) -> Float[Tensor, "query key"]:
    with torch.no_grad():
        before = subject(inputs, allowed)[0]
        changes = [subject(_changed(inputs, key), allowed)[0] - before for key in range(inputs.shape[1])]
    sizes: Tensor = torch.linalg.vector_norm(torch.stack(changes, dim=1).double(), dim=-1)
    return sizes


def _changed(inputs: Tensor, key: int) -> Tensor:
    """Another vector at one position of the first sentence; not a multiple, which a norm would make the same again."""
    changed = inputs.clone()
    changed[0, key] = 3 - 2 * inputs[0, key]
    return changed


def largest(values: Tensor, among: Bool[Tensor, "..."] | None = None) -> tuple[float, tuple[int, ...]]:
    """The largest absolute value and its index; a NaN is larger than everything. (0, first) if there is none."""
    sizes = values.detach().abs().double()
    if among is not None:
        sizes = sizes.masked_fill(~among, 0)
    if not sizes.numel():
        return 0.0, (0,) * values.ndim
    ranked = sizes.nan_to_num(nan=torch.inf, posinf=torch.inf)
    index = torch.unravel_index(ranked.flatten().argmax(), sizes.shape)
    return float(sizes[index]), tuple(int(axis) for axis in index)
