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
from regard.errors import ShapeError
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


@final
@dataclass(frozen=True)
class Segments(Mask):
    """A query may look at keys of its own sentence, where several are packed in one row.

    Only real tokens are told apart: a padding key is hidden by ``Padding``, and a padding query is never read.

    Attributes:
        layout: the layout of the keys.
        queries: that of the queries, where they stand in other rows: in cross-attention the n-th sentence of a target
            row looks at the n-th sentence of the source row. None: queries and keys stand in the same rows.

    Raises:
        ShapeError: the layouts do not pack as many sentences into each row.
    """

    layout: Layout
    queries: Layout | None = None

    reason = Reason.SEGMENT

    def __post_init__(self) -> None:
        if self.queries is not None and _sentences(self.queries) != _sentences(self.layout):
            raise ShapeError(
                f"rows of queries and keys must hold equally many sentences, but queries hold "
                f"{list(_sentences(self.queries))} and keys {list(_sentences(self.layout))}"
            )

    @property
    def sight(self) -> Sight:
        """Every key where each row is one sentence; else its own position, if queries and keys share their rows."""
        if not self.layout.is_packed:
            return Sight.ALL
        return Sight.OWN if self.queries is None else Sight.NOTHING

    @property
    def extent(self) -> Extent:
        """The layout's."""
        return Extent(num_rows=self.layout.num_rows, num_keys=self.layout.width)

    def rule(self, on: Rectangle) -> Bool[Tensor, "batch 1 query key"]:
        """Blocks along the diagonal; padding is not asked about."""
        keys = self.layout.segment_numbers(device=on.device)
        queries = keys if self.queries is None else self.queries.segment_numbers(device=on.device)
        if on.last_query >= queries.shape[1]:
            raise ShapeError(
                f"the mask was made from a layout {queries.shape[1]} cells wide, but queries reach position "
                f"{on.last_query}; make it from the layout of the queries"
            )
        asking, asked = queries[:, on.first_query : on.last_query + 1, None], keys[:, None, :]
        return ((asking == asked) | (asking < 0) | (asked < 0))[:, None]


def _sentences(layout: Layout) -> tuple[int, ...]:
    return (1,) * layout.num_rows if layout.segments is None else tuple(map(len, layout.segments))
