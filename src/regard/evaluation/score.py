"""Corpus scores, all by sacreBLEU.

BLEU (13a, cased; Papineni et al. 2002), chrF (Popović 2015) and TER (Snover et al. 2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from regard.errors import InputError

METRICS: Final = ("bleu", "chrf", "ter")


@dataclass(frozen=True, slots=True)
class Score:
    """One number about a whole test set, and the signature of how it was made.

    ``value`` lies between 0 and 100 for BLEU and chrF (higher is better); TER is edits per 100 reference words (lower
    is better).
    """

    name: str
    value: float
    signature: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value:.2f}  {self.signature}"


def evaluate(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], metrics: Sequence[str] = METRICS
) -> dict[str, Score]:
    """Scores translations against references.

    Args:
        hypotheses: the translations, one per source sentence.
        references: one or more reference sets, each as long as ``hypotheses``: ``[references]`` for a single set.
        metrics: which of "bleu", "chrf" and "ter".

    Returns:
        The scores by metric, in the given order.

    Raises:
        InputError: nothing to score, different numbers of sentences, or a metric we do not know.
    """
    check_metrics(metrics)
    check_sentences(hypotheses, references)
    return {metric: _score(metric, list(hypotheses), [list(each) for each in references]) for metric in metrics}


def _score(metric: str, hypotheses: list[str], references: list[list[str]]) -> Score:
    scorer = scorer_of(metric)
    result = scorer.corpus_score(hypotheses, references)
    return Score(name=result.name, value=float(result.score), signature=str(scorer.get_signature()))


def scorer_of(metric: str) -> Any:
    """sacreBLEU's scorer of a metric. It takes a noticeable time to import, so only those who score pay for it."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

    if metric == "bleu":
        return BLEU(force=True)  # `force` only silences a warning about text that looks tokenised
    return CHRF() if metric == "chrf" else TER()


def check_metrics(metrics: Sequence[str]) -> None:
    """Raises ``InputError`` for metrics that there are not."""
    unknown = [metric for metric in metrics if metric not in METRICS]
    if isinstance(metrics, str) or unknown or not metrics:
        raise InputError(f"`metrics` must be some of {', '.join(METRICS)}, but {metrics!r} is given")


def check_sentences(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Raises ``InputError`` for translations and references that cannot belong together."""
    if isinstance(hypotheses, str) or isinstance(references, str) or any(isinstance(each, str) for each in references):
        raise InputError(
            "`hypotheses` must be a list of sentences and `references` a list of such lists, but a string is given "
            "in place of a list; a single reference set is [references]"
        )
    if not hypotheses or not references:
        raise InputError("there is nothing to score: at least one translation and one reference set are needed")
    for number, each in enumerate(references, start=1):
        if len(each) != len(hypotheses):
            raise InputError(
                f"{len(hypotheses)} translations cannot be scored against {len(each)} references (set {number}); "
                "both must be of the same sentences, line by line"
            )
