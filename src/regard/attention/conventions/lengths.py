"""Valid lengths: so many keys of each row are real, from the left, and the rest is padding."""

from collections.abc import Sequence
from contextlib import suppress
from operator import index
from typing import SupportsIndex

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.attention.by_layout import Padding
from regard.attention.conventions.reading import require_axes, the_same_for_every_query
from regard.errors import AttentionError
from regard.layout import Layout


def padding_from_lengths(lengths: Sequence[int] | Shaped[Tensor, "..."], *, width: int | None = None) -> Padding:
    """The mask that hides what lies behind each row's length; ``width`` keys per row, else as many as the longest.

    Raises:
        AttentionError: the lengths are something else than integers.
        ShapeError: a tensor of lengths has not one axis, or a length is negative or longer than ``width``.
    """
    counts = _of_tensor(lengths) if isinstance(lengths, Tensor) else list(map(_whole, lengths))
    return Padding(Layout.of(counts, width=width))


def lengths_from_allowed(allowed: Bool[Tensor, "batch mask_heads query key"]) -> tuple[int, ...]:
    """How many keys of each row are seen.

    Raises:
        AttentionError: queries of a row may look at different keys, or a hidden key stands before a visible one.
    """
    keys = the_same_for_every_query(allowed, "a list of lengths")
    gaps = (keys[:, 1:] & ~keys[:, :-1]).nonzero()
    if len(gaps):
        row, key = gaps[0].tolist()
        raise AttentionError(
            f"lengths count keys from the left, but in row {row} key {key} is hidden and key {key + 1} is not; "
            "use a convention with a key axis"
        )
    return tuple(keys.sum(-1).tolist())


def _of_tensor(lengths: Tensor) -> list[int]:
    require_axes(lengths, "lengths", {1: "(batch)"})
    if lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise AttentionError(
            f"lengths are of type {str(lengths.dtype).removeprefix('torch.')}; expected integers, one per row. "
            "If this is a mask, read it by its own convention"
        )
    counts: list[int] = lengths.tolist()
    return counts


def _whole(length: object) -> int:
    """The number itself; a fraction would be cut off, and a truth value is part of a mask."""
    if isinstance(length, SupportsIndex) and not isinstance(length, bool):
        with suppress(TypeError):  # tensors of fractions say that they can be an index
            return index(length)
    raise AttentionError(f"lengths hold {length!r}; expected integers, one per row")
