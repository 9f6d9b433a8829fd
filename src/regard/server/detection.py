"""Which of the served languages a text is in. The statistics are those of py3langid (Lui and Baldwin 2012)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from py3langid.langid import MODEL_FILE, LanguageIdentifier


@final
@dataclass(frozen=True, slots=True)
class Detected:
    """A language and how probable it is among those that were possible, from 0 to 1."""

    language: str
    confidence: float


@final
class Detector:
    """Chooses among a few languages; those that the statistics do not know come last, with confidence 0."""

    def __init__(self, languages: Sequence[str]) -> None:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._unknown = [each for each in languages if each not in identifier.labels]
        self._known = [each for each in languages if each in identifier.labels]
        if self._known:
            identifier.set_languages(self._known)
        self._identifier = identifier

    def knows(self, language: str) -> bool:
        """Whether a text can be found to be in this language at all."""
        return language in self._known

    def rank(self, text: str) -> list[Detected]:
        """The languages, the most probable one first."""
        if not text.strip() or not self._known:
            return [Detected(each, 0.0) for each in [*self._known, *self._unknown]]
        ranked = [Detected(language, float(share)) for language, share in self._identifier.rank(text)]
        return ranked + [Detected(each, 0.0) for each in self._unknown]
