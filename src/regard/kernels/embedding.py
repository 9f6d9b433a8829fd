"""The vectors of tokens with their positions, and the gradient of the table they are looked up in."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.kernels.library import Kernels, fits_lanes, float_room, has_kernels, takes


def takes_ids(
    ids: Int[Tensor, "batch position"],
    table: Float[Tensor, "vocab model"],
    positions: Float[Tensor, "... position model"] | None,
    dtype: torch.dtype,
) -> bool:
    """Whether the kernel can do it; ids that are in no vocabulary are left to others, who say so."""
    if not (takes(table) and table.dtype == torch.float32 and table.is_contiguous() and fits_lanes(table.shape[1])):
        return False
    if ids.dtype != torch.int64 or ids.device.type != "cpu" or not ids.numel() or not has_kernels(dtype):
        return False
    if positions is not None and positions.requires_grad:
        return False
    least, most = ids.aminmax()
    return int(least) >= 0 and int(most) < len(table)


def embedded(
    kernels: Kernels,
    ids: Int[Tensor, "batch position"],
    table: Float[Tensor, "vocab model"],
    positions: Float[Tensor, "... position model"] | None,
    *,
    factor: float,
    dtype: torch.dtype,
) -> Float[Tensor, "batch position model"]:
    """``factor`` times rows of the table, and positions, in float32, rounded to ``dtype``; ids are contiguous."""
    size = table.shape[1]
    result = torch.empty(*ids.shape, size, dtype=dtype, device="cpu")
    where = None if positions is None else positions.float().contiguous()
    address, count = (None, 0) if where is None else (where.data_ptr(), where.numel() // size)
    numbers = (ids.numel(), size, count, factor)
    kernels.call("embed", dtype, table.data_ptr(), ids.data_ptr(), address, result.data_ptr(), *numbers)
    return result


def embedded_back(
    kernels: Kernels, upstream: Float[Tensor, "batch position model"], ids: Tensor, *, factor: float, vocab_size: int
) -> Float[Tensor, "vocab model"]:
    """The gradient of the table, in float32; both tensors are contiguous."""
    size = upstream.shape[-1]
    result = float_room(vocab_size, size)
    numbers = (ids.numel(), size, vocab_size, factor)
    kernels.call("embed_back", upstream.dtype, upstream.data_ptr(), ids.data_ptr(), result.data_ptr(), *numbers)
    return result
