"""One translation in ids, and the formula that ranks it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regard.text.control import EOS

Flag = Literal["deadline", "cancelled", "unmet"]
"""What a caller should know of a translation: time ran out, somebody cancelled, a required phrase is missing."""


def normalised_score(log_probability: float, length: int, length_penalty: float) -> float:
    """``log_probability / length ** length_penalty``, higher is better.

    A log-probability only falls as tokens are added, so without a penalty (0) search prefers short translations; with 1
    the score is the mean per token. ``length`` counts every scored token, EOS included; at length 0 the score is 0.
    """
    return log_probability / length**length_penalty if length else 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A translation as search leaves it.

    Attributes:
        ids: the tokens, without BOS and EOS.
        token_log_probabilities: natural logarithms, one per token, the one of EOS last if the translation is finished.
        log_probability: their sum.
        score: ``normalised_score`` of the sum; hypotheses are ranked by it.
        finished: whether EOS was reached; otherwise the translation was cut, at the maximum length if no flag says why.
        flags: what else a caller should know.
    """

    ids: tuple[int, ...]
    token_log_probabilities: tuple[float, ...]
    log_probability: float
    score: float
    finished: bool
    flags: tuple[Flag, ...] = ()

    @classmethod
    def of(
        cls, tokens: Sequence[int], token_log_probabilities: Sequence[float], *, length_penalty: float
    ) -> "Hypothesis":
        """From the tokens as they were generated: the last one says whether EOS was reached."""
        finished = bool(tokens) and tokens[-1] == EOS
        total = math.fsum(token_log_probabilities)
        return cls(
            ids=tuple(tokens[:-1] if finished else tokens),
            token_log_probabilities=tuple(token_log_probabilities),
            log_probability=total,
            score=normalised_score(total, len(token_log_probabilities), length_penalty),
            finished=finished,
        )

    @classmethod
    def empty(cls) -> "Hypothesis":
        """The translation of nothing: no tokens, certain."""
        return cls((), (), 0.0, 0.0, finished=True)
