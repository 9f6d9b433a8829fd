"""What this room asks of whoever translates: sentences in, candidates out, and which word comes from which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

from regard.errors import InputError, SettingsError
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
        # What is wrong with them the first search says.
        changed = {name: value for name, value in search.items() if value is not None}
        asked = translator.settings.decoding.model_copy(update=changed)
        self._glossary = Glossary.given(asked.glossary) or Glossary([])
        if self._glossary.terms:
            self._search["glossary"] = self._glossary  # a file is read once, not for every block of sentences
        self._num_candidates = asked.samples or asked.beam_size
        # Such a search cannot be made to write anything.
        self._can_insist = not (asked.samples or asked.diverse_groups > 1)
        self._aligns = True

    def translate(self, sentences: Sequence[str], *, copied: Sequence[str] = ()) -> list[list[Candidate]]:
        answers = self._translator.translate_lines(sentences, **self._options(copied))
        return [[Candidate(one.text, one.confidence) for one in each.hypotheses] for each in answers]

    def _options(self, copied: Sequence[str]) -> SearchOptions:
        options = self._search.copy()
        options["num_hypotheses"] = self._num_candidates
        if copied and self._can_insist:
            options["beam_size"] = options["num_hypotheses"] = max(_LEAST_BEAM, self._num_candidates)
            options["glossary"] = self._with_words(copied)
        return options

    def _with_words(self, words: Sequence[str]) -> Glossary:
        """The terms that are asked for anyway, and words that stay as they are, as far as they may be written."""
        terms = self._glossary.terms
        there = {term.source for term in terms}
        kept = [word for word in words if word not in there and self._may_write(word)]
        return Glossary([*terms, *(Term(word, (word,)) for word in kept)])

    def _may_write(self, word: str) -> bool:
        """Whether a search can be made to write a word: none that is forbidden, or unknown to the vocabulary."""
        options = self._search.copy()
        options["required"] = [word]
        try:
            self._translator.translate_lines((), **options)
        except SettingsError:
            return False
        return True

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
