"""Fills a document: from the memory what was translated before, by the model the rest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from regard.corpus.formats.unit import Segment, Unit, spoken
from regard.documents.memory import Match, Memory
from regard.documents.opening import OpenedDocument
from regard.documents.outcome import Counts, Outcome
from regard.documents.protect import Protected, translate_protected
from regard.documents.segment import Parts, shown, to_parts, to_segment
from regard.documents.verify import marks_of, mismatch, parts_of
from regard.documents.voice import Voice

_BLOCK_UNITS: Final = 400
LEAST_SIMILARITY: Final = 0.9

Progress = Callable[[int, int], None]


@final
@dataclass(frozen=True, slots=True)
class Row:
    """What happened to one unit.

    Args:
        line: where it stands.
        context: what the file says about it.
        source: what was translated, tags included.
        target: its translation.
        outcome: where that comes from.
        confidence: 1 is certain. Of the model: the geometric mean of its words' probabilities; of the memory: the
            similarity; of what lost its placeholders: what the model had, as it is flagged anyway.
        note: what to look at.
    """

    line: int
    context: str
    source: str
    target: str
    outcome: Outcome
    confidence: float
    note: str = ""


@final
@dataclass(frozen=True, slots=True)
class Filled:
    """A document with its translations: the bytes of the new file, and what happened to each unit.

    ``num_there`` units had a translation already, and keep it.
    """

    content: bytes
    rows: tuple[Row, ...]
    num_there: int

    @property
    def counts(self) -> Counts:
        """How many units came to their translation in which way."""
        return Counts.of(row.outcome for row in self.rows)


def translate_document(
    voice: Voice,
    opened: OpenedDocument,
    *,
    memory: Memory | None = None,
    least_similarity: float = LEAST_SIMILARITY,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Filled:
    """Translates what a document lacks.

    Args:
        voice: who translates.
        opened: the document.
        memory: what was translated before; tried first.
        least_similarity: how similar a sentence of the memory must be for its translation to be reused; 1 takes only
            the very same sentence.
        overwrite: whether translations that are there are replaced too, but for those that are said to be final.
        progress: told how many units of how many are done.

    Raises:
        CorpusError: a translation cannot be written into this file.
    """
    units = opened.document.units
    numbers = [number for number, unit in enumerate(units) if _is_wanted(unit, overwrite=overwrite)]
    targets: dict[int, Segment] = {}
    rows: list[Row] = []
    for block in _blocks(numbers):
        found = _filled(voice, [units[number] for number in block], memory, least_similarity)
        for number, (parts, row) in zip(block, found, strict=True):
            targets[number] = to_segment(parts)
            rows.append(row)
        if progress is not None:
            progress(len(rows), len(numbers))
    changed = {number: target for number, target in targets.items() if target != units[number].target}
    return Filled(opened.written(changed), tuple(rows), len(units) - len(numbers))


def _is_wanted(unit: Unit, *, overwrite: bool) -> bool:
    return unit.target is None or (overwrite and not unit.is_final)


def _blocks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + _BLOCK_UNITS] for start in range(0, len(numbers), _BLOCK_UNITS))


def _filled(
    voice: Voice, units: Sequence[Unit], memory: Memory | None, least_similarity: float
) -> list[tuple[Parts, Row]]:
    sources = [parts_of(to_parts(unit.source)) for unit in units]
    found = [_remembered(memory, unit, source, least_similarity) for unit, source in zip(units, sources, strict=True)]
    left = [number for number, match in enumerate(found) if match is None]
    # The same words twice are translated once.
    asked = {(sources[number], units[number].formats): number for number in left}
    answers = translate_protected(voice, [source for source, _ in asked], formats=[formats for _, formats in asked])
    by_source = dict(zip(asked, answers, strict=True))
    return [
        _from_model(unit, source, by_source[source, unit.formats])
        if match is None
        else _from_memory(unit, source, match)
        for unit, source, match in zip(units, sources, found, strict=True)
    ]


def _remembered(memory: Memory | None, unit: Unit, source: Parts, least_similarity: float) -> Match | None:
    """A match that holds all placeholders of the source; a sentence with tags of the file never has one."""
    if memory is None:
        return None
    text = spoken(unit.source)
    match = _fitted(memory.exact(text), unit, source)
    return match or _fitted(memory.similar(text, at_least=least_similarity), unit, source)


def _fitted(match: Match | None, unit: Unit, source: Parts) -> Match | None:
    """A match with the space around it that the source has, if it holds all placeholders then."""
    if match is None:
        return None
    text = shown(source)
    before, behind = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    target = f"{before}{match.target.strip()}{behind}"
    return replace(match, target=target) if mismatch(source, (target,), formats=unit.formats) is None else None


def _from_memory(unit: Unit, source: Parts, match: Match) -> tuple[Parts, Row]:
    outcome = Outcome.EXACT if match.is_exact else Outcome.FUZZY
    note = "" if match.is_exact else f"{match.similarity:.0%} like: {match.source}"
    return (match.target,), _row(unit, source, match.target, outcome, match.similarity, note)


def _from_model(unit: Unit, source: Parts, answer: Protected) -> tuple[Parts, Row]:
    outcome = answer.outcome
    if outcome is Outcome.UNCHANGED and marks_of(source):
        outcome = Outcome.KEPT
    return answer.parts, _row(unit, source, shown(answer.parts), outcome, answer.confidence, answer.problem)


def _row(unit: Unit, source: Parts, target: str, outcome: Outcome, confidence: float, note: str) -> Row:
    return Row(unit.line, unit.context, shown(source), target, outcome, confidence, note)
