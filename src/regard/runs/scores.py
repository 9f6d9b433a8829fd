"""What a model says about its own quality: the scores of a validation, as facts that lie with its weights."""

import math

from regard.bundle import ScoreFact
from regard.training import ValidReport


def score_facts(report: ValidReport, num_sentences: int) -> tuple[ScoreFact, ...]:
    """The scores of a validation on so many sentences.

    Those that are not finite are left out: the loss of a run that goes wrong is shown and logged, and is no quality.
    """
    data = f"{num_sentences} validation sentences, greedy"
    return tuple(
        ScoreFact(metric=name, value=value, signature=report.signatures.get(name, ""), data=data)
        for name, value in report.scores.items()
        if math.isfinite(value)
    )
