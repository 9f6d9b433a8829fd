"""What a user gets back: text, how sure the model was, and what else it considered."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, final

from regard.decoding import Hypothesis, normalised_score
from regard.translator.repetition import is_repetitive

if TYPE_CHECKING:
    from regard.tracing.alignment import Alignment

Flag = Literal["cut", "deadline", "cancelled", "unmet", "repetition"]
"""What a reader should know of a translation: it was cut at the maximum length, or as its time was up, or as somebody
cancelled it; a required phrase is missing; it goes round in circles."""


@final
@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the translations that search considered.

    Attributes:
        text: the translation.
        score: log-probability / length^length_penalty, length in tokens, the end of the sentence counted; 0 is certain.
        tokens: its pieces, "▁" standing for the space.
        finished: whether the model ended it; otherwise it was cut, and ``flags`` say why.
        confidence: the geometric mean of the probabilities that the model gave the tokens and the end, from 0 to 1. It
            compares translations of one model; nobody promises that so many of those with 0.9 are right.
        token_confidences: the probability that the model gave each token when it wrote it.
        flags: what a reader should know.
    """

    text: str
    score: float
    tokens: tuple[str, ...]
    finished: bool
    confidence: float = 1.0
    token_confidences: tuple[float, ...] = ()
    flags: tuple[Flag, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of one string.

    Attributes:
        text: the best translation.
        score: of the best translation: log-probability / length^length_penalty; 0 is certain.
        tokens: pieces of the best translation, "▁" standing for the space.
        hypotheses: at most ``num_hypotheses`` different translations, the best first.
        num_parts: how many parts the source was cut into because it was too long; 1 if it was not cut.
        alignment: which word comes from which, if that was asked for; ``str`` of it is the Pharaoh format.
    """

    text: str
    score: float
    tokens: tuple[str, ...]
    hypotheses: tuple[Alternative, ...]
    num_parts: int = 1
    alignment: "Alignment | None" = None

    def __str__(self) -> str:
        return self.text

    @property
    def confidence(self) -> float:
        """That of the best translation; see ``Alternative``."""
        return self.hypotheses[0].confidence

    @property
    def token_confidences(self) -> tuple[float, ...]:
        """Those of the best translation; see ``Alternative``."""
        return self.hypotheses[0].token_confidences

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Those of the best translation; empty if nothing is to be said."""
        return self.hypotheses[0].flags


Spell = Callable[[Hypothesis], Alternative]


def spelled(hypothesis: Hypothesis, text: str, tokens: Sequence[str]) -> Alternative:
    """A hypothesis whose ids are spelled out."""
    values = hypothesis.token_log_probabilities
    is_cut = not hypothesis.finished and not {"deadline", "cancelled"}.intersection(hypothesis.flags)
    return Alternative(
        text=text,
        score=hypothesis.score,
        tokens=tuple(tokens),
        finished=hypothesis.finished,
        confidence=_mean_probability(values),
        token_confidences=tuple(map(math.exp, values[: len(tokens)])),
        flags=("cut", *hypothesis.flags) if is_cut else hypothesis.flags,
    )


def translation_of(
    hypotheses: Sequence[Hypothesis], spell: Spell, *, num_hypotheses: int, source: str = ""
) -> Translation:
    """The best of the hypotheses that differ as text: one text can be cut into tokens in several ways."""
    different: dict[str, Alternative] = {}
    for alternative in map(spell, hypotheses):
        different.setdefault(alternative.text, alternative)
    return _translation(tuple(different.values())[:num_hypotheses], source=source)


def joined(parts: Sequence[Hypothesis], spell: Spell, *, length_penalty: float, source: str = "") -> Translation:
    """The translation of a source that was cut, from the best hypothesis of each part.

    Its score is that of all the parts' tokens together, and there is one hypothesis only.
    """
    values = [value for part in parts for value in part.token_log_probabilities]
    each_part = [spell(part) for part in parts]
    whole = Alternative(
        text=" ".join(each.text for each in each_part),
        score=normalised_score(math.fsum(values), len(values), length_penalty),
        tokens=tuple(token for each in each_part for token in each.tokens),
        finished=all(each.finished for each in each_part),
        confidence=_mean_probability(values),
        token_confidences=tuple(value for each in each_part for value in each.token_confidences),
        flags=tuple(dict.fromkeys(flag for each in each_part for flag in each.flags)),
    )
    return _translation((whole,), source=source, num_parts=len(parts))


def _mean_probability(values: Sequence[float]) -> float:
    return math.exp(math.fsum(values) / len(values)) if values else 1.0


def _translation(hypotheses: tuple[Alternative, ...], *, source: str, num_parts: int = 1) -> Translation:
    hypotheses = tuple(_with_repetition(each, source) for each in hypotheses)
    best = hypotheses[0]
    return Translation(best.text, best.score, best.tokens, hypotheses, num_parts)


def _with_repetition(found: Alternative, source: str) -> Alternative:
    return replace(found, flags=(*found.flags, "repetition")) if is_repetitive(found.text, source) else found
