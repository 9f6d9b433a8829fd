"""What a user gets back: text, how sure the model was, and what else it considered."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from regard.decoding import Hypothesis, normalised_score

if TYPE_CHECKING:
    from regard.tracing.alignment import Alignment


@final
@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the translations that search considered.

    Attributes:
        text: the translation.
        score: log-probability / length^length_penalty, length in tokens, the end of the sentence counted; 0 is certain.
        tokens: its pieces, "▁" standing for the space.
        finished: whether the model ended it; otherwise it was cut at the maximum length.
    """

    text: str
    score: float
    tokens: tuple[str, ...]
    finished: bool


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


Spell = Callable[[Hypothesis], Alternative]


def translation_of(hypotheses: Sequence[Hypothesis], spell: Spell, *, num_hypotheses: int) -> Translation:
    """The best of the hypotheses that differ as text: one text can be cut into tokens in several ways."""
    different: dict[str, Alternative] = {}
    for alternative in map(spell, hypotheses):
        different.setdefault(alternative.text, alternative)
    return _translation(tuple(different.values())[:num_hypotheses])


def joined(parts: Sequence[Hypothesis], spell: Spell, *, length_penalty: float) -> Translation:
    """The translation of a source that was cut, from the best hypothesis of each part.

    Its score is that of all the parts' tokens together, and there is one hypothesis only.
    """
    values = [value for part in parts for value in part.token_log_probabilities]
    spelled = [spell(part) for part in parts]
    whole = Alternative(
        text=" ".join(each.text for each in spelled),
        score=normalised_score(math.fsum(values), len(values), length_penalty),
        tokens=tuple(token for each in spelled for token in each.tokens),
        finished=all(each.finished for each in spelled),
    )
    return _translation((whole,), num_parts=len(parts))


def _translation(hypotheses: tuple[Alternative, ...], *, num_parts: int = 1) -> Translation:
    best = hypotheses[0]
    return Translation(best.text, best.score, best.tokens, hypotheses, num_parts)
