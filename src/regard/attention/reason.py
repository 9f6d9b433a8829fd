"""Why a query may not look at a key: one bit per reason, so that several can hold in one cell."""

from enum import IntFlag

from jaxtyping import UInt8
from torch import Tensor

Codes = UInt8[Tensor, "batch mask_heads query key"]


class Reason(IntFlag):
    """The code of a cell: the sum of all reasons to hide it, 0 where the query may look."""

    VISIBLE = 0
    PADDING = 1
    FUTURE = 2
    WINDOW = 4
    PREFIX = 8
    SEGMENT = 16
    SWITCHED_OFF = 32
    OTHER_HYPOTHESIS = 64

    def sentence(self, key: int) -> str:
        """Why the key at that position is dark: ``dark: position 7 is in the future and is padding``."""
        if self is Reason.VISIBLE:
            return "visible"
        *others, last = (words for reason, words in _WORDS.items() if self & reason)
        return f"dark: position {key} {', '.join(others)}{' and ' if others else ''}{last}"


_WORDS = {
    Reason.FUTURE: "is in the future",
    Reason.PADDING: "is padding",
    Reason.WINDOW: "is outside the window",
    Reason.PREFIX: "comes later and is not in the prefix",
    Reason.SEGMENT: "belongs to another sentence",
    Reason.SWITCHED_OFF: "is switched off",
    Reason.OTHER_HYPOTHESIS: "belongs to another hypothesis",
}
