"""Subtitles (SubRip and WebVTT): cues with a time; two files are put together by time, not by number."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regard.corpus.formats.unit import Document, Segment, Tag, Unit, in_one_line
from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_MOMENT: Final = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES: Final = re.compile(rf"\s*{_MOMENT}\s*-->\s*{_MOMENT}(?:\s.*)?")
_MARKUP: Final = re.compile(r"\{\\[^{}]{0,200}\}|</?[A-Za-z][^<>]{0,500}>|<\d[\d:.]{0,20}>")
_PLACED: Final = re.compile(r"(?:\{\\[^{}\n]{0,200}\})+")  # where on the screen a cue stands is no part of its text
_BREAK: Final = re.compile(r"(?:(?<![^\S\n])[^\S\n]++)?\n\s*")
_WITHOUT_TEXT: Final = ("NOTE", "STYLE", "REGION", "WEBVTT")
_SPEECH: Final = re.compile(r"\s*[-–—]\s*(?=\S)")
_LARGEST_GROUP: Final = 50
_LEAST_SHARE: Final = 0.5
_LONGEST_LINE: Final = 42  # characters, the usual limit of subtitles


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and when it is seen.

    ``starts`` are the places of its lines' first characters, ``end`` is the place behind the last one, and ``line`` the
    number of its first line.
    """

    text: str
    from_seconds: float
    to_seconds: float
    starts: tuple[int, ...]
    end: int
    line: int


def read_subtitles(source: Path, target: Path) -> Iterator[Pair]:
    """Pairs of two files of the same film: cues that are seen at the same time for half of the shorter one's time.

    Where several fit one, their texts are joined. A cue that nothing fits is a pair with a blank side.

    Raises:
        CorpusError: a file is no subtitles, or damaged.
    """
    left, right = (sorted(_cues_of(path), key=lambda cue: cue.from_seconds) for path in (source, target))
    line = 1
    for some, others in _groups(left, right):
        line = some[0].line if some else line
        yield Pair(_read_out(some), _read_out(others), Origin(str(source), line))


def subtitle_document(path: Path, content: str) -> Document:
    """Subtitles to be translated: every cue a unit; where each line is somebody's words ("- Yes."), every line.

    Args:
        path: what to call the file in messages.
        content: its text.

    Raises:
        CorpusError: the file is no subtitles, or damaged.
    """
    units = tuple(unit for cue in cues(path, content) for unit in _units(cue))
    if not units:
        raise CorpusError(f"{path} holds no cue with a text")
    return Document(content, units, _spelled)


def cues(path: Path, content: str) -> list[Cue]:
    """The cues of a file, in its order.

    Raises:
        CorpusError: the file is no subtitles, or damaged; with the line.
    """
    return [cue for block in _blocks(content) if (cue := _cue(path, block)) is not None]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its end, its number, and the place of its first character."""

    text: str
    number: int
    start: int


def _blocks(content: str) -> Iterator[list[_Line]]:
    """Lines that stand together, blank ones between them."""
    block: list[_Line] = []
    start = 0
    for number, raw in enumerate(content.split("\n"), start=1):
        line = _Line(raw.removesuffix("\r"), number, start)
        start += len(raw) + 1
        if line.text.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cue(path: Path, block: Sequence[_Line]) -> Cue | None:
    """The cue of a block; ``None`` for notes, styles, and cues without a text."""
    first = block[0]
    timed = next((place for place, line in enumerate(block[:2]) if "-->" in line.text), None)
    if timed is None:
        if first.text.startswith(_WITHOUT_TEXT) or (first.number == 1 and len(block) == 1 and "WEBVTT" in first.text):
            return None
        raise CorpusError(
            f"{path}, line {first.number}: a time (00:00:01,000 --> 00:00:02,500) is expected, but there is "
            f"{first.text[:40]!r}"
        )
    times = _TIMES.fullmatch(block[timed].text)
    if times is None:
        shown = block[timed].text[:60]
        raise CorpusError(f"{path}, line {block[timed].number}: {shown!r} is no time of a cue; is the file cut?")
    lines = block[timed + 1 :]
    if not lines:
        return None
    text = "\n".join(line.text for line in lines)
    place = _PLACED.match(text)
    begin = place.end() if place else 0
    return Cue(
        text=text[begin:],
        from_seconds=_seconds(times.groups()[:4]),
        to_seconds=_seconds(times.groups()[4:]),
        starts=(lines[0].start + begin, *(line.start for line in lines[1:])),
        end=lines[-1].start + len(lines[-1].text),
        line=lines[0].number,
    )


def _seconds(moment: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in moment)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _cues_of(path: Path) -> list[Cue]:
    return cues(path, "\n".join(read_lines(path)))


def _groups(left: list[Cue], right: list[Cue]) -> Iterator[tuple[list[Cue], list[Cue]]]:
    """Cues that are seen together, the earliest first."""
    ours, theirs = deque(left), deque(right)
    while ours or theirs:
        some: list[Cue] = []
        others: list[Cue] = []
        if ours and (not theirs or ours[0].from_seconds <= theirs[0].from_seconds):
            some.append(ours.popleft())
        else:
            others.append(theirs.popleft())
        while len(some) + len(others) < _LARGEST_GROUP:
            if theirs and any(_seen_together(theirs[0], cue) for cue in some):
                others.append(theirs.popleft())
            elif ours and any(_seen_together(ours[0], cue) for cue in others):
                some.append(ours.popleft())
            else:
                break
        yield some, others


def _seen_together(one: Cue, other: Cue) -> bool:
    common = min(one.to_seconds, other.to_seconds) - max(one.from_seconds, other.from_seconds)
    shorter = min(one.to_seconds - one.from_seconds, other.to_seconds - other.from_seconds)
    return common > 0 and common >= _LEAST_SHARE * shorter


def _read_out(group: Sequence[Cue]) -> str:
    return " ".join(in_one_line(_MARKUP.sub("", cue.text)) for cue in group).strip()


def _units(cue: Cue) -> Iterator[Unit]:
    lines = cue.text.split("\n")
    if len(lines) > 1 and all(_SPEECH.match(line) for line in lines):
        for number, (start, line) in enumerate(zip(cue.starts, lines, strict=True)):
            dash = _SPEECH.match(line)
            assert dash is not None, "every line is somebody's words"
            yield Unit(cue.line + number, _segment(line[dash.end() :]), None, start + dash.end(), start + len(line))
    else:
        yield Unit(cue.line, _segment(cue.text), None, cue.starts[0], cue.end, context=f"{cue.from_seconds:.1f} s")


def _segment(text: str) -> Segment:
    """Text and tags; a line break inside a sentence is a space, as it will be broken anew."""
    parts: list[str | Tag] = []
    behind = 0
    for found in _MARKUP.finditer(text):
        parts += [_BREAK.sub(" ", text[behind : found.start()]), _tag(found[0])]
        behind = found.end()
    return tuple(part for part in (*parts, _BREAK.sub(" ", text[behind:])) if part != "")


def _tag(raw: str) -> Tag:
    name = re.match(r"</?([A-Za-z]+)", raw)
    if name is None:
        return Tag(raw)
    return Tag(raw, "close" if raw.startswith("</") else "open", name[1])


def _spelled(segment: Segment) -> str:
    """A text in two lines if it is too long for one, the first a little shorter."""
    text = "".join(part.raw if isinstance(part, Tag) else part for part in segment)
    visible = _MARKUP.sub("", text)
    if len(visible) <= _LONGEST_LINE or " " not in text:
        return text
    spaces = [place for place, sign in enumerate(text) if sign == " " and not _is_within_tag(text, place)]
    middle = len(text) // 2
    best = min(spaces, key=lambda place: abs(place - middle), default=None)
    return text if best is None else f"{text[:best]}\n{text[best + 1 :]}"


def _is_within_tag(text: str, place: int) -> bool:
    return any(found.start() < place < found.end() for found in _MARKUP.finditer(text))
