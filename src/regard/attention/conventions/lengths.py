"""Valid lengths: so many keys of each row are real, from the left, and the rest is padding."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.attention.by_layout import Padding
from regard.attention.conventions.reading import the_same_for_every_query
from regard.errors import AttentionError
from regard.layout import Layout


def padding_from_lengths(lengths: Sequence[int] | Shaped[Tensor, " batch"], *, width: int | None = None) -> Padding:
    """The mask that hides what lies behind each row's length; ``width`` keys per row, else as many as the longest.

    Raises:
        AttentionError: the lengths are a tensor of something else than integers.
        ShapeError: a length is negative or longer than ``width``.
    """
    if isinstance(lengths, Tensor):
        if lengths.is_floating_point() or lengths.dtype == torch.bool:
            raise AttentionError(
                f"lengths are of type {str(lengths.dtype).removeprefix('torch.')}; expected integers, one per row. "
                "If this is a mask, read it by its own convention"
            )
        lengths = lengths.tolist()
    return Padding(Layout.of(lengths, width=width))


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
