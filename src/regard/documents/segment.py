"""Segments of a file's format as parts with marks, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from regard.corpus.formats.unit import Role as TagRole
from regard.corpus.formats.unit import Segment, Tag
from regard.text import Mark
from regard.text.placeholders import Role

Parts = tuple[str | Mark, ...]

_ROLES: Final[dict[TagRole, Role]] = {"open": "open", "close": "close", "alone": "value", "break": "break"}


@dataclass(frozen=True, slots=True)
class FileTag(Mark):
    """A mark that is markup of the file, not characters of its text."""


def to_parts(segment: Segment) -> Parts:
    """A segment's words and tags."""
    return tuple(part if isinstance(part, str) else FileTag(part.raw, _ROLES[part.role], part.key) for part in segment)


def to_segment(parts: Sequence[str | Mark]) -> Segment:
    """Parts as a segment of the file: what was found in its text is text again."""
    segment: list[str | Tag] = []
    for part in parts:
        if isinstance(part, FileTag):
            segment.append(Tag(part.raw))
            continue
        text = part if isinstance(part, str) else part.raw
        if segment and isinstance(segment[-1], str):
            segment[-1] += text
        else:
            segment.append(text)
    return tuple(segment)


def shown(parts: Sequence[str | Mark]) -> str:
    """Parts as a person reads them, tags included."""
    return "".join(part if isinstance(part, str) else part.raw for part in parts)
