"""A test set translated and scored, timed; and how that is shown."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from regard.cli.show import count

if TYPE_CHECKING:
    from regard.evaluation import Score
    from regard.translator import SearchOptions, Translator


@dataclass(frozen=True)
class Scored:
    """Translations of a test set, their scores by metric, and how long translating took."""

    hypotheses: tuple[str, ...]
    scores: "dict[str, Score]"
    seconds: float

    @property
    def sentences_per_second(self) -> float:
        """Speed of translating, without loading and scoring."""
        return len(self.hypotheses) / self.seconds if self.seconds else 0.0

    def lines(self) -> list[str]:
        """The scores with their signatures, then the speed."""
        speed = f"{count(len(self.hypotheses))} sentences in {self.seconds:.1f} s"
        return [*map(str, self.scores.values()), f"{speed} ({self.sentences_per_second:.1f} sentences/s)"]

    def record(self) -> dict[str, Any]:
        """The same for JSON."""
        scores = {name: {"value": score.value, "signature": score.signature} for name, score in self.scores.items()}
        return {
            "sentences": len(self.hypotheses),
            "seconds": round(self.seconds, 3),
            "sentences_per_second": round(self.sentences_per_second, 3),
            "scores": scores,
        }


def score(
    translator: "Translator",
    sources: Sequence[str],
    references: Sequence[str],
    **options: "Unpack[SearchOptions]",
) -> Scored:
    """Translates the sources as the options say and compares with one reference each."""
    from regard.evaluation import evaluate

    begin = time.perf_counter()
    answers = translator.translate_lines(sources, **options)
    hypotheses = tuple(answer.text for answer in answers)
    seconds = time.perf_counter() - begin
    return Scored(hypotheses, evaluate(hypotheses, [references]), seconds)
