"""The cells of one row of a batch, head by head: what every drawing of a mask begins with."""

from regard.attention.extent import Extent
from regard.attention.mask import Mask

Codes = list[list[int]]


def codes_by_head(mask: Mask, length: int, *, row: int) -> list[Codes]:
    """The reasons of each head, one list per query; a single head where all share one answer.

    Raises:
        ShapeError: there is no such row, as for ``Mask.why``, or the mask was made for another length.
    """
    # No cell is asked about in particular, and a sentence without positions has none.
    Extent(num_rows=mask.extent.num_rows).require_cell(0, 0, row=row, head=0)
    rows = mask.reasons(length, length)
    heads: list[Codes] = rows[min(row, len(rows) - 1)].tolist()
    return heads
