"""A search that is watched while it goes on: what is told after each step, before the trace is whole."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from regard.text import Tokenizer
from regard.tracing.header import Candidate
from regard.tracing.watch import SeenStep


@final
@dataclass(frozen=True, slots=True)
class LiveStep:
    """One step of a search that is not over.

    Attributes:
        place: its number, from 0.
        text: the translation so far, before this step; of a beam, its best hypothesis.
        top: the most probable next tokens, best first.
        entropy: of the distribution over the whole vocabulary, in nats.
        milliseconds: since the step before.
    """

    place: int
    text: str
    top: tuple[Candidate, ...]
    entropy: float
    milliseconds: float


Heard = Callable[[LiveStep], None]
"""Who is told. To end the search, raise an exception; it passes through as it is."""


def live_step(place: int, seen: SeenStep, tokenizer: Tokenizer) -> LiveStep:
    """A step in words; of several rows the first, which is the best hypothesis."""
    candidates = seen.candidates[0]
    pieces = tokenizer.pieces([each.id for each in candidates])
    probabilities = (min(1.0, math.exp(each.log_probability)) for each in candidates)
    return LiveStep(
        place=place,
        text=tokenizer.decode(seen.prefixes[0][1:]),
        top=tuple(
            Candidate(id=each.id, piece=piece, probability=probability)
            for each, piece, probability in zip(candidates, pieces, probabilities, strict=True)
        ),
        entropy=seen.entropies[0],
        milliseconds=seen.milliseconds or 0.0,
    )
