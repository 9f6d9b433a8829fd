"""What all readers of foreign masks ask of a tensor: its type, its axes, and numbers that say one thing only."""

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from regard.errors import AttentionError, ShapeError


def visible_where_zero(
    mask: Shaped[Tensor, "..."], name: str, *, hidden_values: tuple[float, ...]
) -> Bool[Tensor, "..."]:
    """True where a mask that is added to the scores adds 0, False where it adds one of ``hidden_values``.

    Raises:
        AttentionError: it holds another number: a bias, or a mask of another convention.
    """
    hidden = torch.zeros_like(mask, dtype=torch.bool)
    for value in hidden_values:
        hidden |= mask == value
    other = ~hidden & (mask != 0)
    if bool(other.any()):
        cell = tuple(other.nonzero()[0].tolist())
        raise AttentionError(
            f"`{name}` holds {float(mask[cell]):g} at {cell}, but a mask that is added to the scores holds 0 where a "
            f"query may look and {hidden_values[0]:g} where not. {_what_it_may_be(mask, other)}"
        )
    return ~hidden


def require_axes(mask: Shaped[Tensor, "..."], name: str, expected: dict[int, str]) -> None:
    """Checks the number of axes against what each number would mean.

    Raises:
        ShapeError: the mask has another number of axes.
    """
    if mask.ndim not in expected:
        shapes = " or ".join(expected.values())
        raise ShapeError(f"`{name}` must have the shape {shapes}, but has {tuple(mask.shape)}")


def for_every_query(visible: Bool[Tensor, "batch key"], num_queries: int | None) -> Bool[Tensor, "batch 1 query key"]:
    """The same keys for so many queries; None for as many as there are keys.

    Raises:
        ShapeError: the number is negative.
    """
    queries = visible.shape[1] if num_queries is None else num_queries
    if queries < 0:
        raise ShapeError(
            f"`num_queries` is {queries}; expected how many queries there are, or none given for one per key"
        )
    return visible[:, None, None, :].expand(-1, 1, queries, -1)


def the_same_for_every_query(
    allowed: Bool[Tensor, "batch mask_heads query key"], convention: str
) -> Bool[Tensor, "batch key"]:
    """What is allowed, if all heads and queries of a row may look at the same keys.

    Raises:
        AttentionError: they may not.
    """
    first = allowed[:, :1, :1]
    different = (allowed != first).any(-1).nonzero()
    if len(different):
        row, head, query = different[0].tolist()
        # The first query that differs is query 0 only where a head already begins otherwise than head 0.
        pair = f"head {head} the queries 0 and {query}" if query else f"query 0 the heads 0 and {head}"
        raise AttentionError(
            f"{convention} says one thing for all heads and queries of a row, but in row {row}, {pair} may look at "
            f"different keys; use a convention with a {'query' if query else 'head'} axis"
        )
    return first[:, 0, 0]


def _what_it_may_be(mask: Tensor, other: Tensor) -> str:
    found = mask[other]
    if bool((found == 1).all()):
        return "Ones and zeros are Hugging Face's 2-D convention, or a boolean mask in numbers: pass booleans instead."
    if bool((found <= -1e3).all()):
        return "A large negative number hides only nearly, and a row full of it is uniform: pass minus infinity."
    return "Other numbers are a bias of the scores, not a mask."
