"""Masks drawn from the layout of a batch: which cells are padding, and which sentence a cell belongs to."""

from dataclasses import dataclass
from typing import final

from jaxtyping import Bool
from torch import Tensor

from regard.attention.extent import Extent
from regard.attention.mask import Mask
from regard.attention.reason import Reason
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight
from regard.layout import Layout


@final
@dataclass(frozen=True)
class Padding(Mask):
    """A query may look at keys that are real tokens. Hides keys only: a padding *query* is computed and never read."""

    layout: Layout

    reason = Reason.PADDING

    @property
    def sight(self) -> Sight:
        """Every key where nothing is padding; else the first key, unless a sentence has no token at all."""
        if self.layout.is_full:
            return Sight.ALL
        return Sight.NOTHING if 0 in self.layout.lengths else Sight.FIRST

    @property
    def extent(self) -> Extent:
        """The layout's."""
        return Extent(num_rows=self.layout.num_rows, num_keys=self.layout.width)

    def rule(self, on: Rectangle) -> Bool[Tensor, "batch 1 1 key"]:
        """True at the real keys, the same for every query."""
        return self.layout.real(device=on.device)[:, None, None, :]
