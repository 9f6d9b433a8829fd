"""Hides placeholders behind words that models copy: numbers, names, letters; and finds them again."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from regard.documents.tags import Insertion, Span, TagPair, paired_places
from regard.text import Mark

_JOINING: Final = re.compile(r"[^\s\w]{1,4}")
_FIGURES: Final = re.compile(r"\d[\d.,]*(?<=\d)")
_FIGURES_BEFORE: Final = re.compile(r"(?<!\w)\d[\d.,]*$")
_QUOTED: Final = MappingProxyType({'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“", "(": ")", "[": "]"})
_NUMBERS: Final = ("73", "48", "91", "62", "37", "84", "59", "26")
_NAMES: Final = ("Tom", "Boston", "Max", "Berlin", "Anna", "Paris", "Linda", "Tokyo")
_LETTERS: Final = ("X", "Y", "Z", "W", "Q", "V", "K", "H")
_QUOTATION_MARKS: Final = frozenset(Mark(sign) for pair in _QUOTED.items() for sign in pair)
FAMILIES: Final = ((_NUMBERS, _NAMES), (_NUMBERS, _LETTERS), (_NUMBERS, _NUMBERS))
"""Words for places where a number is filled in, and for others; tried in this order."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A sentence for a model: its placeholders as words, its paired tags left out.

    Args:
        text: what the model reads.
        words: the word that stands for each placeholder.
        held: the placeholders, each with what is written onto it without a space ("100%%", "%(a)s/%(b)s"), and the
            quotation marks around it.
        pairs: the tags.
    """

    text: str
    words: tuple[str, ...]
    held: tuple[tuple[str | Mark, ...], ...]
    pairs: tuple[TagPair, ...]


def masked(parts: Sequence[str | Mark], family: tuple[Sequence[str], Sequence[str]]) -> Masked | None:
    """A sentence with its marks hidden; ``None`` if the family has not words enough, or the sentence uses them."""
    parts = _with_quotation_marks(parts)
    paired = paired_places(parts)
    tags = {place for pair in paired for place in pair}
    free = [_free(names, parts) for names in family]
    text, starts = "", {}
    words: list[str] = []
    held: list[tuple[str | Mark, ...]] = []
    for place, group in _glued(parts, tags):
        starts[place] = len(text)
        if place in tags:
            continue
        if len(group) == 1 and isinstance(group[0], str):
            text += group[0]
            continue
        kind = free[0 if all(part.is_number for part in group if isinstance(part, Mark)) else 1]
        word = next((name for name in kind if name not in words), None)
        if word is None:
            return None
        words.append(word)
        held.append(tuple(part.raw if part in _QUOTATION_MARKS else part for part in group))
        text += word
    pairs = tuple(
        TagPair(_mark(parts[one]), _mark(parts[other]), *_trimmed(text, starts[one], starts[other]))
        for one, other in paired
    )
    return Masked(text, tuple(words), tuple(held), pairs)


def _with_quotation_marks(parts: Sequence[str | Mark]) -> list[str | Mark]:
    """The parts with the signs around a quoted placeholder as marks of their own, which then go where it goes."""
    rest = list(parts)
    found: list[str | Mark] = []
    for place, part in enumerate(rest):
        before, behind = (rest[near] if 0 <= near < len(rest) else "" for near in (place - 1, place + 1))
        if isinstance(part, Mark) and part.role == "value" and isinstance(before, str) and isinstance(behind, str):
            closing = _QUOTED.get(before[-1:])
            if closing is not None and behind.startswith(closing):
                found[-1:] = [before[:-1], Mark(before[-1]), part, Mark(closing)]
                rest[place + 1] = behind[1:]
                continue
        found.append(part)
    return [part for part in found if part != ""]


def _glued(parts: Sequence[str | Mark], tags: Container[int]) -> Iterator[tuple[int, tuple[str | Mark, ...]]]:
    """The parts with the place each begins at; marks with figures or signs between them, and no space, are one."""
    group: list[str | Mark] = []
    first = 0
    for place, part in enumerate(parts):
        if place in tags or isinstance(part, str):
            is_last = place + 1 == len(parts) or place + 1 in tags
            onto, words, ahead = ("", part, "") if place in tags else _cut(part, bool(group), is_last=is_last)
            group += [onto] if onto else []
            if group and (words or is_last):
                yield first, tuple(group)
                group = []
            if words:
                yield place, (words,)
            if ahead:
                group, first = [ahead], place
        else:
            first = first if group else place
            group.append(part)
    if group:
        yield first, tuple(group)


def _cut(text: str | Mark, has_mark: bool, *, is_last: bool) -> tuple[str, str | Mark, str]:
    """What of the words belongs to the mark before them, to neither, to the mark behind them."""
    if isinstance(text, Mark):
        return "", text, ""
    if has_mark and not is_last and _JOINING.fullmatch(text):
        return text, "", ""
    onto = _FIGURES.match(text) if has_mark else None
    begin = onto.end() if onto else 0
    ahead = None if is_last else _FIGURES_BEFORE.search(text, begin)
    end = ahead.start() if ahead else len(text)
    return text[:begin], text[begin:end], text[end:]


def found_again(hidden: Masked, target: str) -> list[Span] | None:
    """Where each placeholder's word stands in a translation; ``None`` unless each stands there once, by itself."""
    spans: list[Span] = []
    for word in hidden.words:
        found = [each.span() for each in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", target)]
        if len(found) != 1:
            return None
        spans.append(found[0])
    return spans


def rebuilt(
    target: str, hidden: Masked, spans: Sequence[Span], insertions: Sequence[Insertion]
) -> tuple[str | Mark, ...]:
    """A translation with the placeholders in place of their words, and the tags where they go."""
    changes = [(start, end, group) for (start, end), group in zip(spans, hidden.held, strict=True)]
    # Sorting is stable: closing tags come before opening ones at the same place, and a tag before a word it encloses.
    every = sorted(
        [*((each.place, each.place, (each.mark,)) for each in insertions), *changes], key=lambda each: each[:2]
    )
    parts: list[str | Mark] = []
    behind = 0
    for start, end, group in every:
        parts += [target[behind:start], *group]
        behind = end
    return tuple(part for part in (*parts, target[behind:]) if part != "")


def _free(names: Sequence[str], parts: Sequence[str | Mark]) -> list[str]:
    text = " ".join(part for part in parts if isinstance(part, str))
    return [name for name in names if name not in text]


def _mark(part: str | Mark) -> Mark:
    assert isinstance(part, Mark), "only marks are paired"
    return part


def _trimmed(text: str, start: int, end: int) -> Span:
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return start + left, max(start + left, end - (len(inner) - len(inner.rstrip())))
