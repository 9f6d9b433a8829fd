"""What this room asks of whoever translates: sentences in, candidates out, and which word comes from which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

from regard.errors import InputError
from regard.translator import Glossary, SearchOptions, Term, Translator

_LEAST_BEAM: Final = 5  # a search that must write certain words needs room for those that have not yet

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

    def translate(self, sentences: Sequence[str], *, copied: Sequence[str] = ()) -> list[list[Candidate]]:
        """For each sentence at least one translation, the best first.

        Where a sentence has one of the words ``copied``, its translations should have it too, at whatever price.
        """
        ...

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[Links | None]:
        """Which word comes from which, pair by pair; ``None`` where nobody knows."""
        ...


def voice_of(translator: Translator, search: SearchOptions | None = None) -> Voice:
    """A translator as a voice; ``search`` says what is changed about its search.

    Raises:
        InputError: the glossary cannot be read.
    """
    return _TranslatorVoice(translator, search or SearchOptions())


@final
class _TranslatorVoice:
    def __init__(self, translator: Translator, search: SearchOptions) -> None:
        self._translator = translator
        self._search = search.copy()
        own = translator.settings.decoding
        terms = search.get("glossary")
        self._glossary = Glossary.given(own.glossary if terms is None else terms) or Glossary([])
        if self._glossary.terms:
            self._search["glossary"] = self._glossary  # a file is read once, not for every block of sentences
        self._num_candidates = search.get("beam_size") or own.beam_size
        given = search.get("length_penalty")
        self._length_penalty = own.length_penalty if given is None else given
        # Such a search cannot be made to write anything.
        groups = search.get("diverse_groups") or own.diverse_groups
        self._can_insist = not (search.get("samples") or own.samples or groups > 1)
        self._aligns = True

    def translate(self, sentences: Sequence[str], *, copied: Sequence[str] = ()) -> list[list[Candidate]]:
        answers = self._translator.translate_lines(sentences, **self._options(copied))
        return [
            [
                Candidate(one.text, self._confidence(one.score, len(one.tokens) + one.finished))
                for one in each.hypotheses
            ]
            for each in answers
        ]

    def _options(self, copied: Sequence[str]) -> SearchOptions:
        options = self._search.copy()
        options["num_hypotheses"] = self._num_candidates
        if copied and self._can_insist:
            options["beam_size"] = options["num_hypotheses"] = max(_LEAST_BEAM, self._num_candidates)
            options["glossary"] = self._with_words(copied)
        return options

    def _with_words(self, words: Sequence[str]) -> Glossary:
        """The terms that are asked for anyway, and words that stay as they are."""
        terms = self._glossary.terms
        there = {term.source for term in terms}
        return Glossary([*terms, *(Term(word, (word,)) for word in words if word not in there)])

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
