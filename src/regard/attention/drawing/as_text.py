"""A mask as text: one row per query, one column per key, ``1`` where the query may look and a mark where it may not."""

from collections.abc import Iterator
from typing import Final

from regard.attention.drawing.heads import Codes, codes_by_head
from regard.attention.marks import VISIBLE_MARK, legend, mark
from regard.attention.mask import Mask

_CORNER: Final = "query ↓ key →"
_ROWS_AND_COLUMNS: Final = "Rows are queries (who looks), columns are keys (who is looked at)."


def mask_text(mask: Mask, length: int, *, row: int = 0, width: int = 80) -> str:
    """The mask on a sentence of ``length`` positions, a picture per head where heads differ.

    Columns stand apart where they fit into ``width`` characters, else close together.

    Raises:
        ShapeError: there is no such ``row``, or the mask was made for another length.
    """
    heads = codes_by_head(mask, length, row=row)
    blocks = [list(_block(codes, width)) for codes in heads]
    if len(blocks) > 1:
        blocks = [[f"head {number}", *block] for number, block in enumerate(blocks)]
    found = {code for codes in heads for line in codes for code in line}
    closing = [line for line in (_legend(found), _ROWS_AND_COLUMNS) if line]
    return "".join(f"{line}\n" for block in [*blocks, closing] for line in [*block, ""])[:-1]


def _block(codes: Codes, width: int) -> Iterator[str]:
    """The table of one head."""
    label, column = len(_CORNER), len(str(len(codes))) + 1
    if label + column * len(codes) <= width:
        yield _CORNER + "".join(f"{key:>{column}}" for key in range(len(codes)))
    else:
        column = 1
        yield from _close_header(len(codes), label)
    for query, line in enumerate(codes):
        gap = " " if column == 1 else ""
        yield f"{query:>{label}}{gap}" + "".join(f"{mark(code):>{column}}" for code in line)


def _close_header(length: int, label: int) -> Iterator[str]:
    """Positions as digits that stand one below the other."""
    digits = len(str(length - 1))
    for power in reversed(range(digits)):
        first = _CORNER if power == 0 else " " * label
        yield (f"{first} " + "".join(_digit(key, power) for key in range(length))).rstrip()


def _digit(key: int, power: int) -> str:
    """Units everywhere; tens and more only where they change."""
    return str(key // 10**power % 10) if key % 10**power == 0 and (key or power == 0) else " "


def _legend(codes: set[int]) -> str:
    hidden = legend(sorted(codes))
    visible = [f"{VISIBLE_MARK} may look"] if 0 in codes else []
    return " · ".join([*visible, *([hidden] if hidden else [])])
