"""What this room asks of whoever translates: sentences in, candidates out, and which word comes from which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict, final, runtime_checkable

from regard.errors import InputError
from regard.translator import Translator

Links = frozenset[tuple[int, int]]
"""Pairs of a word of the source and a word of the target, counted from 0; words lie between spaces."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A translation; ``confidence`` is the geometric mean of its tokens' probabilities."""

    text: str
    confidence: float


@runtime_checkable
class Voice(Protocol):
    """Whoever translates."""

    def translate(self, sentences: Sequence[str]) -> list[list[Candidate]]:
        """For each sentence at least one translation, the best first."""
        ...

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[Links | None]:
        """Which word comes from which, pair by pair; ``None`` where nobody knows."""
        ...


class Search(TypedDict, total=False):
    """What may be changed about a translator's search."""

    beam_size: int | None
    length_penalty: float | None
    max_length: int | None


def voice_of(translator: Translator, search: Search | None = None) -> Voice:
    """A translator as a voice."""
    return _TranslatorVoice(translator, search or {})


@final
class _TranslatorVoice:
    def __init__(self, translator: Translator, search: Search) -> None:
        self._translator = translator
        self._search = search
        own = translator.settings.decoding
        self._num_candidates = search.get("beam_size") or own.beam_size
        given = search.get("length_penalty")
        self._length_penalty = own.length_penalty if given is None else given
        self._aligns = True

    def translate(self, sentences: Sequence[str]) -> list[list[Candidate]]:
        answers = self._translator.translate_lines(sentences, num_hypotheses=self._num_candidates, **self._search)
        return [
            [
                Candidate(one.text, self._confidence(one.score, len(one.tokens) + one.finished))
                for one in each.hypotheses
            ]
            for each in answers
        ]

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[Links | None]:
        return [self._links(source, target) for source, target in zip(sources, targets, strict=True)]

    def _links(self, source: str, target: str) -> Links | None:
        if not self._aligns or not source.strip() or not target.strip():
            return None
        try:
            return frozenset(self._translator.align([source], [target])[0].links)
        except InputError as error:  # too long to be read whole, or a model that attends to nothing
            self._aligns = "decoder" not in str(error)
            return None

    def _confidence(self, score: float, length: int) -> float:
        return math.exp(min(0.0, score * length**self._length_penalty / max(length, 1)))
