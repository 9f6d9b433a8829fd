"""Puts paired tags back into a translation that was made without them, by which word comes from which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from regard.documents.voice import Links
from regard.text import Mark

_WORD: Final = re.compile(r"\S+")
_BEFORE_WORD: Final = "([{\"'«“‘¿¡"
_BEHIND_WORD: Final = ")]}\"'»”’.,;:!?…"
_LARGEST_SPREAD: Final = 3

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TagPair:
    """An opening tag, its closing one, and the characters between them in the text without tags."""

    opening: Mark
    closing: Mark
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """A tag, and the character of a text it goes before."""

    place: int
    mark: Mark


def paired_places(parts: Sequence[str | Mark]) -> list[tuple[int, int]]:
    """Which parts are tags in pairs, as (opening, closing), outer ones first."""
    open_places: list[tuple[int, str]] = []
    found: list[tuple[int, int]] = []
    for place, part in enumerate(parts):
        if isinstance(part, str):
            continue
        if part.role == "open":
            open_places.append((place, part.key))
        elif part.role == "close" and any(key == part.key for _, key in open_places):
            while open_places:
                opening, key = open_places.pop()
                if key == part.key:
                    found.append((opening, place))
                    break
    return sorted(found)


def placed_tags(source: str, target: str, pairs: Sequence[TagPair], links: Links) -> list[Insertion] | None:
    """Where the tags of a source go in its translation; ``None`` if that cannot be told, or they would cross.

    Args:
        source: the source without its tags.
        target: its translation.
        pairs: the tags, outer ones before those within.
        links: which word of the source belongs to which of the target.
    """
    words, others = _words(source), _words(target)
    spans: list[Span] = []
    for pair in reversed(pairs):
        span = _target_words(pair, words, links)
        if span is None or span[1] >= len(others):
            return None
        spans.insert(0, span)
    spans = _around_inner(pairs, spans)
    if not _may_stand(pairs, spans):
        return None
    return _insertions(source, target, pairs, [(others[low][0], others[high][1]) for low, high in spans])


def _words(text: str) -> list[Span]:
    return [found.span() for found in _WORD.finditer(text)]


def _target_words(pair: TagPair, words: Sequence[Span], links: Links) -> Span | None:
    """The first and the last word of the target that belong to what the tags enclose."""
    inside = {number for number, (start, end) in enumerate(words) if start < pair.end and end > pair.start}
    linked = sorted(target for source, target in links if source in inside)
    if not linked or linked[-1] - linked[0] >= _LARGEST_SPREAD * len(inside) + 2:
        return None
    return linked[0], linked[-1]


def _around_inner(pairs: Sequence[TagPair], spans: Sequence[Span]) -> list[Span]:
    """Spans widened so that each holds those of the tags within."""
    wide = list(spans)
    for outer in reversed(range(len(pairs))):
        for inner in range(outer + 1, len(pairs)):
            if _holds(pairs[outer], pairs[inner]):
                wide[outer] = min(wide[outer][0], wide[inner][0]), max(wide[outer][1], wide[inner][1])
    return wide


def _may_stand(pairs: Sequence[TagPair], spans: Sequence[Span]) -> bool:
    """Whether tags that lie beside each other in the source do so in the target."""
    return all(
        _holds(pairs[one], pairs[other]) or spans[one][1] < spans[other][0] or spans[other][1] < spans[one][0]
        for one in range(len(pairs))
        for other in range(one + 1, len(pairs))
    )


def _holds(outer: TagPair, inner: TagPair) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _insertions(source: str, target: str, pairs: Sequence[TagPair], spans: Sequence[Span]) -> list[Insertion] | None:
    opening: list[Insertion] = []
    closing: list[Insertion] = []
    for pair, (start, end) in zip(pairs, spans, strict=True):
        if not _is_between_words(source, pair):
            return None
        start, end = _without_punctuation(source, target, pair, (start, end))
        if start >= end:
            return None
        opening.append(Insertion(start, pair.opening))
        closing.insert(0, Insertion(end, pair.closing))
    return sorted([*closing, *opening], key=lambda insertion: insertion.place)


def _is_between_words(source: str, pair: TagPair) -> bool:
    """Whether no tag stands in the middle of a word."""
    edges = ((pair.start - 1, pair.start), (pair.end - 1, pair.end))
    return not any(
        left >= 0 and right < len(source) and source[left].isalnum() and source[right].isalnum()
        for left, right in edges
    )


def _without_punctuation(source: str, target: str, pair: TagPair, span: Span) -> Span:
    """A span that leaves out the signs around its words, as the tags of the source do."""
    start, end = span
    has_before = pair.start > 0 and source[pair.start - 1] in _BEFORE_WORD
    has_behind = pair.end < len(source) and source[pair.end] in _BEHIND_WORD
    while has_before and start < end and target[start] in _BEFORE_WORD:
        start += 1
    while (has_behind or source[pair.end - 1 : pair.end].isalnum()) and end > start and target[end - 1] in _BEHIND_WORD:
        end -= 1
    end -= len(target[start:end]) - len(target[start:end].rstrip())
    return start, end
