"""Compares what a translation holds with what it must hold: every placeholder and tag, once, in order, well nested."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from regard.text import Mark, split_marks

Parts = Sequence[str | Mark]

_SIGNS: Final = {"%": ("%",), "{": ("{", "}"), "<": ("<",)}


def parts_of(text: Sequence[str | Mark]) -> tuple[str | Mark, ...]:
    """A text with all its marks found anew: those in its strings, and those that are marks already."""
    whole: list[str | Mark] = []
    for part in text:
        if isinstance(part, str) and whole and isinstance(whole[-1], str):
            whole[-1] += part
        else:
            whole.append(part)
    return tuple(found for part in whole for found in (split_marks(part) if isinstance(part, str) else (part,)))


def mismatch(source: Parts, target: Parts, *, formats: Collection[str] = ()) -> str | None:
    """What is wrong with the marks of a translation; ``None`` if nothing is.

    Args:
        source: the parts of the source.
        target: the parts of its translation.
        formats: format strings that both are, such as "c-format": no other percent sign may come in then.
    """
    before, after = parts_of(source), parts_of(target)
    wanted, found = marks_of(before), marks_of(after)
    missing = Counter(mark.raw for mark in wanted) - Counter(mark.raw for mark in found)
    surplus = Counter(mark.raw for mark in found) - Counter(mark.raw for mark in wanted)
    if missing:
        return f"missing: {' '.join(missing)}"
    if surplus:
        return f"not in the source: {' '.join(surplus)}"
    if _ordered(wanted) != _ordered(found):
        return f"in another order: {' '.join(_ordered(found))}"
    if is_nested(wanted) and not is_nested(found):
        return "tags that cross each other"
    return _loose_sign(before, after, wanted, formats)


def marks_of(parts: Parts) -> list[Mark]:
    """The marks among parts."""
    return [part for part in parts if isinstance(part, Mark)]


def is_nested(marks: Sequence[Mark]) -> bool:
    """Whether every closing tag closes what was opened last, and nothing stays open."""
    open_keys: list[str] = []
    for mark in marks:
        if mark.role == "open":
            open_keys.append(mark.key)
        elif mark.role == "close" and (not open_keys or open_keys.pop() != mark.key):
            return False
    return not open_keys


def _ordered(marks: Sequence[Mark]) -> list[str]:
    return [mark.raw for mark in marks if mark.in_order or mark.role == "break"]


def _loose_sign(before: Parts, after: Parts, marks: Sequence[Mark], formats: Collection[str]) -> str | None:
    """A sign that begins placeholders, in the words, where a program would take it for one."""
    for sign, signs in _SIGNS.items():
        is_used = any(mark.raw.startswith(sign) for mark in marks) or (sign == "%" and bool(formats))
        if is_used and any(_count(before, each) != _count(after, each) for each in signs):
            return f"a sign {sign} by itself"
    return None


def _count(parts: Parts, sign: str) -> int:
    return sum(part.count(sign) for part in parts if isinstance(part, str))
