"""Translates sentences with placeholders and tags in them, so that what comes out has what went in, or is flagged.

Of each line, in this order, until one try passes ``mismatch``: the sentence as it is; with its placeholders hidden
behind words (three kinds of words), its paired tags left out and put back by the model's attention; the same, with a
search that must write those words; at last the words between the marks, each by itself, which keeps every mark where it
was, and is flagged, for it is seldom good language.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, final

from regard.documents.masks import FAMILIES, Masked, found_again, masked, rebuilt
from regard.documents.outcome import Outcome
from regard.documents.segment import FileTag
from regard.documents.tags import placed_tags
from regard.documents.verify import marks_of, mismatch, parts_of
from regard.documents.voice import Candidate, Voice
from regard.text import Mark

Parts = tuple[str | Mark, ...]

_LONGEST_SHOWN_TAG: Final = 24  # a longer one is nothing that a model has learned to copy
_LISTED: Final = re.compile(r"\s*(?:[-*•–—]\s+)?")
_ENDS: Final = (".", "!", "?", "…")
_WORDED: Final = re.compile(r"(\W*)(.*?\w[.!?…]?)(\W*)", re.DOTALL)
_LEAST_CONFIDENCE: Final = 0.25  # below, what had to be written stands in no sentence (docs/log.md)
_WORSE: Final = {Outcome.UNCHANGED: 0, Outcome.PLAIN: 1, Outcome.KEPT: 2, Outcome.RETRIED: 3, Outcome.FLAGGED: 4}


@dataclass(frozen=True, slots=True)
class Protected:
    """A translation with everything its source holds.

    Args:
        parts: its words and marks.
        outcome: how that was reached.
        confidence: of the model, in its words; the lowest of all lines.
        problem: what was wrong with the tries before, where it is flagged.
    """

    parts: Parts
    outcome: Outcome
    confidence: float
    problem: str = ""


@final
class _Line:
    """One line under way: what goes around it, what is to be translated, and what has become of it."""

    def __init__(self, parts: Parts, formats: Collection[str]) -> None:
        self.before, self.parts, self.after = _peeled(parts)
        self.formats = formats
        self.has_marks = bool(marks_of(self.parts))
        self.is_language = any(isinstance(part, str) and _has_letter(part) for part in self.parts)
        self.done: Protected | None = None if self.is_language else Protected(self.parts, Outcome.UNCHANGED, 1.0)
        self.problem = ""

    def take(self, parts: Parts, outcome: Outcome, confidence: float) -> bool:
        """Ends with a translation, if it has all it must."""
        problem = mismatch(self.parts, parts, formats=self.formats)
        if problem is None:
            self.done = Protected(parts, outcome, confidence, self.problem if outcome is Outcome.FLAGGED else "")
            return True
        self.problem = self.problem or problem
        return False

    def result(self) -> Protected:
        """The line with what goes around it. What nothing could be done for stays in the language it is in."""
        found = self.done or Protected(self.parts, Outcome.FLAGGED, 0.0, self.problem)
        return Protected((*self.before, *found.parts, *self.after), found.outcome, found.confidence, found.problem)


def translate_protected(
    voice: Voice, segments: Sequence[Sequence[str | Mark]], *, formats: Sequence[Collection[str]] | None = None
) -> list[Protected]:
    """Translates segments; each holds in the end what its source holds, or is flagged and holds it all the same.

    Args:
        voice: who translates.
        segments: texts, with or without marks that are known already; more are found in their strings.
        formats: of each segment, the format strings it is said to be, such as "c-format".
    """
    given = formats or [()] * len(segments)
    by_segment = [_lines(parts_of(segment), each) for segment, each in zip(segments, given, strict=True)]
    lines = [line for segment in by_segment for line, _ in segment if line is not None]
    _as_it_is(voice, lines)
    for family in FAMILIES:
        _hidden(voice, _left(lines), family)
    for family in FAMILIES:
        _hidden(voice, [line for line in _left(lines) if line.has_marks], family, insisting=True)
    _piece_by_piece(voice, _left(lines))
    return [_together(segment) for segment in by_segment]


def _left(lines: Sequence[_Line]) -> list[_Line]:
    return [line for line in lines if line.done is None]


def _lines(parts: Parts, formats: Collection[str]) -> list[tuple[_Line | None, Mark | None]]:
    """A segment cut at its breaks: a line, and the break behind it."""
    found: list[tuple[_Line | None, Mark | None]] = []
    line: list[str | Mark] = []
    for part in parts:
        if isinstance(part, Mark) and part.role == "break":
            found.append((_Line(tuple(line), formats) if line else None, part))
            line = []
        else:
            line.append(part)
    return [*found, (_Line(tuple(line), formats), None)] if line else found


def _together(lines: Sequence[tuple[_Line | None, Mark | None]]) -> Protected:
    results = [line.result() for line, _ in lines if line is not None]
    parts: list[str | Mark] = []
    for line, end in lines:
        parts += [*(line.result().parts if line is not None else ()), *([end] if end is not None else ())]
    worst = max((result.outcome for result in results), key=lambda outcome: _WORSE[outcome], default=Outcome.UNCHANGED)
    confidence = min((result.confidence for result in results), default=1.0)
    if worst is Outcome.PLAIN and any(end is not None for _, end in lines):
        worst = Outcome.KEPT
    return Protected(tuple(parts), worst, confidence, next((each.problem for each in results if each.problem), ""))


def _as_it_is(voice: Voice, lines: Sequence[_Line]) -> None:
    fit = [line for line in _left(lines) if all(_may_be_shown(mark) for mark in marks_of(line.parts))]
    for line, candidates in zip(fit, voice.translate([_raw(line.parts) for line in fit]), strict=True):
        outcome = Outcome.KEPT if line.has_marks else Outcome.PLAIN
        any(line.take(parts_of([each.text]), outcome, each.confidence) for each in candidates)


def _may_be_shown(mark: Mark) -> bool:
    is_short = len(mark.raw) <= _LONGEST_SHOWN_TAG or mark.role == "value"
    return is_short and not isinstance(mark, FileTag)


def _raw(parts: Parts) -> str:
    return "".join(part.raw if isinstance(part, Mark) else part for part in parts)


def _hidden(
    voice: Voice, lines: Sequence[_Line], family: tuple[Sequence[str], Sequence[str]], *, insisting: bool = False
) -> None:
    """With words in place of marks; ``insisting`` has the search write those words, instead of hoping for them."""
    tries = [(line, hidden) for line in lines if (hidden := masked(line.parts, family)) is not None]
    copied = sorted({word for _, hidden in tries for word in hidden.words}) if insisting else ()
    found = voice.translate([hidden.text for _, hidden in tries], copied=copied)
    for (line, hidden), candidates in zip(tries, found, strict=True):
        any(_take_back(voice, line, hidden, each, insisting=insisting) for each in candidates)


def _take_back(voice: Voice, line: _Line, hidden: Masked, candidate: Candidate, *, insisting: bool) -> bool:
    """Puts marks and tags back into a translation, and keeps it if all came back."""
    if insisting and candidate.confidence < _LEAST_CONFIDENCE:
        line.problem = line.problem or "what had to be written did not fit"
        return False
    spans = found_again(hidden, candidate.text)
    if spans is None:
        line.problem = line.problem or "the words that stood for placeholders did not come back"
        return False
    links = voice.align([hidden.text], [candidate.text])[0] if hidden.pairs else frozenset()
    insertions = None if links is None else placed_tags(hidden.text, candidate.text, hidden.pairs, links)
    if insertions is None:
        line.problem = line.problem or "where the tags go could not be told"
        return False
    return line.take(rebuilt(candidate.text, hidden, spans, insertions), Outcome.RETRIED, candidate.confidence)


def _piece_by_piece(voice: Voice, lines: Sequence[_Line]) -> None:
    pieces = [_piece(part) for line in lines for part in line.parts if isinstance(part, str)]
    wanted = [piece[1] for piece in pieces if piece[1]]
    best = iter(voice.translate(wanted))
    following = iter(pieces)
    for line in lines:
        parts: list[str | Mark] = []
        confidences: list[float] = []
        for part in line.parts:
            before, core, behind = next(following) if isinstance(part, str) else ("", "", "")
            if core:
                candidate = next(best)[0]
                confidences.append(candidate.confidence)
                parts.append(f"{before}{_like_a_piece(core, candidate.text)}{behind}")
            else:
                parts.append(part)
        line.take(tuple(parts), Outcome.FLAGGED, min(confidences, default=0.0))


def _piece(text: str) -> tuple[str, str, str]:
    """The words of a part of a sentence, and the signs before and behind them, which stay; no words, no letter."""
    found = _WORDED.fullmatch(text) if _has_letter(text) else None
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _like_a_piece(source: str, target: str) -> str:
    """The translation of a part of a sentence, with the first letter and the end that the part has."""
    if source[:1].islower() and target[:1].isupper() and not target[1:2].isupper():
        target = target[:1].lower() + target[1:]
    if not source.endswith(_ENDS):
        return target.rstrip(".")
    return target if target.endswith(_ENDS) else f"{target}{source[-1]}"


def _peeled(parts: Parts) -> tuple[Parts, Parts, Parts]:
    """What stands around a line's words: space, a bullet, tags that enclose all of it."""
    before: list[str | Mark] = []
    after: list[str | Mark] = []
    inner = list(parts)
    while inner:
        first, last = inner[0], inner[-1]
        if isinstance(first, str) and (bullet := _LISTED.match(first)) and bullet[0]:
            before.append(bullet[0])
            inner[:1] = [first[bullet.end() :]] if first[bullet.end() :] else []
        elif isinstance(last, str) and last != last.rstrip():
            after.insert(0, last[len(last.rstrip()) :])
            inner[-1:] = [last.rstrip()] if last.strip() else []
        elif len(inner) > 1 and _encloses(inner):
            before.append(first)
            after.insert(0, last)
            inner = inner[1:-1]
        else:
            break
    return tuple(before), tuple(inner), tuple(after)


def _encloses(parts: Sequence[str | Mark]) -> bool:
    """Whether the first part opens what the last part closes."""
    depth = 0
    for place, part in enumerate(parts):
        if isinstance(part, Mark) and part.role in ("open", "close"):
            depth += 1 if part.role == "open" else -1
        if depth <= 0:
            return place == len(parts) - 1 and place > 0 and isinstance(part, Mark) and part.role == "close"
    return False


def _has_letter(text: str) -> bool:
    return any(character.isalpha() for character in text)
