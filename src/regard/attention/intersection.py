"""What several masks allow together."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import final

from jaxtyping import Bool, UInt8
from torch import Tensor

from regard.attention.extent import Extent
from regard.attention.mask import Everything, Mask
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight


def intersection(masks: Iterable[Mask]) -> Mask:
    """The mask that allows what all of them allow, in canonical form: no repeats, no nesting, no order."""
    parts = frozenset(part for mask in masks for part in mask.parts)
    if not parts:
        return Everything()
    return next(iter(parts)) if len(parts) == 1 else Intersection(parts)


@final
@dataclass(frozen=True)
class Intersection(Mask):
    """What all of its parts allow. Made by ``&``, in canonical form.

    Raises:
        ShapeError: the parts were made for different numbers of rows, heads or keys.
    """

    members: frozenset[Mask]

    def __post_init__(self) -> None:
        _ = self.extent  # masks that do not fit each other are refused here, where they meet

    def __repr__(self) -> str:
        return " & ".join(sorted(map(repr, self.members)))

    @property
    def parts(self) -> frozenset[Mask]:
        """The simple masks it is made of."""
        return self.members

    @cached_property
    def sight(self) -> Sight:
        """What all parts leave."""
        return Sight(reduce(and_, (part.sight for part in self.members)))

    @cached_property
    def extent(self) -> Extent:
        """What all parts were made for."""
        return Extent.common(part.extent for part in self.members)

    def rule(self, on: Rectangle) -> Bool[Tensor, "..."]:
        """True where every part says True."""
        return reduce(and_, (part.rule(on) for part in self.parts_that_hide(on) or [Everything()]))

    def codes(self, on: Rectangle) -> UInt8[Tensor, "..."]:
        """The reasons of all parts."""
        return reduce(or_, (part.codes(on) for part in self.parts_that_hide(on) or [Everything()]))
