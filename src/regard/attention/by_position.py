"""Masks that compare two positions: that of the query with that of the key."""

from dataclasses import dataclass
from typing import final

from jaxtyping import Bool
from torch import Tensor

from regard.attention.mask import Mask
from regard.attention.reason import Reason
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight
from regard.errors import ShapeError


@final
@dataclass(frozen=True)
class Window(Mask):
    """A query may look ``left`` positions back and ``right`` positions ahead (Beltagy et al. 2020, Longformer).

    Raises:
        ShapeError: a side is negative.
    """

    left: int
    right: int

    reason = Reason.WINDOW

    def __post_init__(self) -> None:
        if min(self.left, self.right) < 0:
            raise ShapeError(f"a window reaches 0 or more positions to each side, but {self!r} is given")

    @property
    def sight(self) -> Sight:
        """Its own position."""
        return Sight.OWN

    def rule(self, on: Rectangle) -> Bool[Tensor, "query key"]:
        """A band along the diagonal."""
        distance = on.keys - on.queries
        return (distance >= -self.left) & (distance <= self.right)


@final
@dataclass(frozen=True)
class Prefix(Mask):
    """The first ``length`` keys are for all, a later key for its own query and later ones (Raffel et al. 2020, 3.2.1).

    Raises:
        ShapeError: the length is negative.
    """

    length: int

    reason = Reason.PREFIX

    def __post_init__(self) -> None:
        if self.length < 0:
            raise ShapeError(f"a prefix has 0 or more positions, but {self!r} is given")

    @property
    def sight(self) -> Sight:
        """Its own position and all before."""
        return Sight.PAST

    def rule(self, on: Rectangle) -> Bool[Tensor, "query key"]:
        """Lower-triangular, with a full block at the left."""
        keys = on.keys
        return (keys <= on.queries) | (keys < self.length)
