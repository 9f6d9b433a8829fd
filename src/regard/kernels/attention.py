"""The four steps of attention and their gradient, each head in a core's cache, read and written where it lies."""

import ctypes
from collections.abc import Iterator

from jaxtyping import Bool, Float
from torch import Tensor

from regard.kernels.library import Kernels, fits_lanes, float_room, rounded_up, takes

Heads = Float[Tensor, "batch head _position head_dim"]
Three = tuple[Heads, Heads, Heads]


def takes_heads(queries: Tensor, keys: Tensor, values: Tensor) -> bool:
    """Whether the kernel can do it: the cells of a vector lie side by side, in whole groups of sixteen."""
    return (
        takes(queries, keys, values)
        and values.shape[-1] == queries.shape[-1]
        and fits_lanes(queries.shape[-1])
        and all(one.stride(-1) == 1 for one in (queries, keys, values))
    )


def attended(
    kernels: Kernels,
    heads: Three,
    allowed: Bool[Tensor, "#batch mask_heads query key"] | None,
    *,
    scale: float,
) -> tuple[Heads, Float[Tensor, "batch head query rounded_key"]]:
    """The context, laid out for joining heads, and the weights that the gradient needs.

    Args:
        kernels: the compiled functions.
        heads: queries, keys and values.
        allowed: True where a query may look at a key; None where every query may look at every key.
        scale: factor of the scores.
    """
    queries, keys, _ = heads
    batch, num_heads, num_queries, _ = queries.shape
    weights = float_room(batch, num_heads, num_queries, rounded_up(keys.shape[2]))
    context = room_for(queries)
    room = _room(kernels, queries, keys)
    numbers = *_described(heads, allowed, weights, room), *_places(context)
    kernels.call("attend", queries.dtype, (ctypes.c_int64 * len(numbers))(*numbers), scale)
    return context, weights


def attended_back(
    kernels: Kernels,
    heads: Three,
    allowed: Bool[Tensor, "#batch mask_heads query key"] | None,
    weights: Float[Tensor, "batch head query rounded_key"],
    upstream: Heads,
    *,
    scale: float,
) -> Three:
    """The gradients for queries, keys and values; of heads that lie in one tensor, they lie in one tensor too."""
    upstream = upstream if upstream.stride(-1) == 1 else upstream.contiguous()
    found = gradients_for(heads)
    room = _room(kernels, *heads[:2])
    numbers = (
        *_described(heads, allowed, weights, room),
        *(part for each in (upstream, *found) for part in _places(each)),
    )
    kernels.call("attend_back", upstream.dtype, (ctypes.c_int64 * len(numbers))(*numbers), scale)
    return found


def room_for(heads: Heads) -> Heads:
    """A tensor of that shape in which the heads of a position lie side by side."""
    batch, num_heads, length, head_dim = heads.shape
    return heads.new_empty(batch, length, num_heads, head_dim).transpose(1, 2)


def gradients_for(heads: Three) -> Three:
    """Room for the gradients of queries, keys and values."""
    for first in (0, 1):  # all three from one projection, or keys and values alone
        if lie_together(heads[first:]):
            joint = tuple(_joint_room(heads[first], 3 - first))
            return (room_for(heads[0]), *joint) if first else joint  # type: ignore[return-value]
    queries, keys, values = (room_for(one) for one in heads)
    return queries, keys, values


def lie_together(parts: tuple[Heads, ...]) -> bool:
    """Whether they are the parts of one projection, in their order: position by position, part by part."""
    first = parts[0]
    _, num_heads, length, head_dim = first.shape
    row = len(parts) * num_heads * head_dim
    return all(
        one.shape == first.shape
        and one.stride() == (length * row, head_dim, row, 1)
        and one.data_ptr() == first.data_ptr() + number * num_heads * head_dim * first.element_size()
        and one.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
        for number, one in enumerate(parts)
    )


def _joint_room(like: Heads, parts: int) -> tuple[Heads, ...]:
    batch, num_heads, length, head_dim = like.shape
    return like.new_empty(batch, length, parts, num_heads, head_dim).permute(2, 0, 3, 1, 4).unbind(0)


def _room(kernels: Kernels, queries: Heads, keys: Heads) -> Float[Tensor, " room"]:
    """What the threads need for themselves; taken here, because here it is said where memory runs out."""
    return float_room(
        kernels.call("attend_room", queries.dtype, queries.shape[2], keys.shape[2], keys.shape[3])
    ).zero_()


def _described(heads: Three, allowed: Tensor | None, weights: Tensor, room: Tensor) -> Iterator[int]:
    """What ``attention_at`` in training.cpp reads."""
    for one in heads:
        yield from _places(one)
    yield from (0,) * 5 if allowed is None else (allowed.data_ptr(), *_steps(allowed))
    queries, keys, _ = heads
    yield from (weights.data_ptr(), room.data_ptr(), *queries.shape[:3], keys.shape[2], queries.shape[3])


def _places(heads: Heads) -> tuple[int, int, int, int]:
    return heads.data_ptr(), *heads.stride()[:3]  # type: ignore[return-value]


def _steps(allowed: Tensor) -> Iterator[int]:
    """Strides, 0 along an axis that all share."""
    return (0 if size == 1 else step for size, step in zip(allowed.shape, allowed.stride(), strict=True))
