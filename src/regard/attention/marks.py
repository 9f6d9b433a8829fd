"""The mark of each reason to hide a key: what stands in a table where a number would be."""

from collections.abc import Iterable
from typing import Final

from regard.attention.reason import Reason

VISIBLE_MARK: Final = "1"

# Where several reasons hold, the first of these is drawn.
_MARKS: Final = {
    Reason.PADDING: ("∅", "padding"),
    Reason.FUTURE: ("×", "future"),
    Reason.PREFIX: ("→", "later, and not in the prefix"),
    Reason.WINDOW: ("↔", "outside the window"),
    Reason.SEGMENT: ("‖", "another sentence"),
    Reason.SWITCHED_OFF: ("#", "switched off"),
    Reason.OTHER_HYPOTHESIS: ("≠", "another hypothesis"),
}


def mark(code: int) -> str:
    """One character: ``∅`` for padding, ``×`` for the future …, ``1`` where the query may look."""
    reasons = Reason(code)
    return next((sign for reason, (sign, _) in _MARKS.items() if reason in reasons), VISIBLE_MARK)


def words(code: int) -> str:
    """All reasons, not only the one that is drawn: ``padding and future``; ``may look`` if there is none."""
    return " and ".join(name for reason, (_, name) in _MARKS.items() if reason & code) or "may look"


def legend(codes: Iterable[int]) -> str:
    """What the marks mean that stand for these codes: ``∅ padding · × future``; empty if none hides anything."""
    found = list(codes)
    drawn = {mark(code) for code in found}
    entries = [f"{sign} {words}" for sign, words in _MARKS.values() if sign in drawn]
    several = any(code.bit_count() > 1 for code in found) and len(entries) > 1
    return " · ".join(entries) + (" (where several hold: the first of these)" if several else "")
