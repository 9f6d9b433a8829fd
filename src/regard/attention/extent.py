"""What a mask was made for: how many rows, heads and keys."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from torch import Tensor

from regard.attention.rectangle import Rectangle
from regard.errors import ShapeError


@final
@dataclass(frozen=True)
class Extent:
    """Rows and heads are 1 where all share one answer; ``num_keys`` is None for a mask that fits any number."""

    num_rows: int = 1
    num_heads: int = 1
    num_keys: int | None = None

    @classmethod
    def common(cls, extents: Iterable["Extent"]) -> "Extent":
        """The extent of masks that hold together.

        Raises:
            ShapeError: they were made for different numbers of rows, heads or keys.
        """
        known = list(extents)
        return cls(
            _agreed("rows", {one.num_rows for one in known} - {1}) or 1,
            _agreed("heads", {one.num_heads for one in known} - {1}) or 1,
            _agreed("keys", {one.num_keys for one in known if one.num_keys is not None}),
        )

    def require(self, on: Rectangle) -> None:
        """Checks that the mask was made for so many keys.

        Raises:
            ShapeError: it was not.
        """
        if self.num_keys not in (None, on.num_keys):
            raise ShapeError(
                f"the mask was made from a layout {self.num_keys} cells wide, but the keys are {on.num_keys}; "
                "make it from the layout of the keys"
            )

    def spread(self, cells: Callable[[Rectangle], Tensor], on: Rectangle) -> Tensor:
        """What ``cells`` says of a rectangle, as (batch, mask_heads, query, key), without copying."""
        self.require(on)
        found = cells(on)
        if found.ndim == 2:
            found = found[None, None]
        return found.expand(self.num_rows, -1, on.num_queries, on.num_keys)

    def require_cell(self, query: int, key: int, *, row: int, head: int) -> None:
        """Checks that there is such a cell.

        Raises:
            ShapeError: there is none.
        """
        _within("query", query, None)
        _within("key", key, self.num_keys)
        _within("row", row, None if self.num_rows == 1 else self.num_rows)
        _within("head", head, None if self.num_heads == 1 else self.num_heads)


def _within(name: str, number: int, limit: int | None) -> None:
    if number < 0 or (limit is not None and number >= limit):
        upper = "" if limit is None else f" and below {limit}"
        raise ShapeError(f"`{name}` must be at least 0{upper}, but is {number}")


def _agreed(what: str, numbers: set[int]) -> int | None:
    if len(numbers) > 1:
        listed = ", ".join(map(str, sorted(numbers)))
        raise ShapeError(f"masks combined with & must fit the same {what}, but are made for {listed} {what}")
    return next(iter(numbers), None)
