"""Is one translator better than another, or was it luck? Paired bootstrap resampling (Koehn 2004), by sacreBLEU.

Test sets are drawn from the sentences again and again, with repeats; both translators are scored on each. The p-value
is how often a difference as large as the real one appears around the mean difference, that is, by the choice of the
sentences alone. It says nothing of how large a difference is, and nothing of how differently trained runs of one model
would differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from regard.errors import InputError
from regard.evaluation.score import METRICS, Score, check_metrics, check_sentences, scorer_of

RESAMPLES: Final = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of two translators on the same sentences.

    Attributes:
        first: the score of the first; its signature says how often was resampled (``bs``), and with which seed.
        second: that of the second, made in the same way.
        first_margin: half of the interval that holds 95 % of the first one's resampled scores.
        second_margin: the same of the second.
        p_value: the probability of such a difference by chance; 1 where the translations are the same.
    """

    first: Score
    second: Score
    first_margin: float
    second_margin: float
    p_value: float

    @property
    def difference(self) -> float:
        """By how much the second score is higher."""
        return self.second.value - self.first.value


@dataclass(frozen=True, slots=True)
class SentenceDifference:
    """One sentence that was translated differently, and the sentence chrF of both translations."""

    index: int
    first: str
    second: str
    first_chrf: float
    second_chrf: float


def compare(
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str] = METRICS,
    *,
    resamples: int = RESAMPLES,
) -> dict[str, Comparison]:
    """Compares two sets of translations of the same sentences.

    Args:
        first: the translations of one translator.
        second: those of the other.
        references: one or more reference sets: ``[references]`` for a single one.
        metrics: which of "bleu", "chrf" and "ter".
        resamples: how many test sets to draw.

    Returns:
        The comparisons by metric, in the given order. They are the same at every call: sacreBLEU draws with the seed
        12345, or that of its environment variable ``SACREBLEU_SEED``.

    Raises:
        InputError: nothing to score, different numbers of sentences, a metric we do not know, no resamples.
    """
    check_metrics(metrics)
    check_sentences(first, references)
    check_sentences(second, references)
    if resamples < 1:
        raise InputError(f"`resamples` must be at least 1, but is {resamples}")
    from sacrebleu.significance import PairedTest

    scorers = {metric: scorer_of(metric) for metric in metrics}
    systems: list[tuple[str, Sequence[str]]] = [("first", list(first)), ("second", list(second))]
    test = PairedTest(systems, scorers, [list(each) for each in references], test_type="bs", n_samples=resamples)
    signatures, results = test()
    return {
        metric: _comparison(name, str(signatures[name]), results[name])
        for metric, name in zip(scorers, signatures, strict=True)
    }


def _comparison(name: str, signature: str, results: "Sequence[object]") -> Comparison:
    first, second = (Score(name, _field(each, "score"), signature) for each in results)
    one, other = results
    return Comparison(
        first=first,
        second=second,
        first_margin=_field(one, "ci"),
        second_margin=_field(other, "ci"),
        # sacreBLEU counts differences that are larger; than none at all none may be, which would be called significant.
        p_value=1.0 if first.value == second.value else _field(other, "p_value"),
    )


def _field(result: object, name: str) -> float:
    return float(getattr(result, name))


def most_different(
    first: Sequence[str], second: Sequence[str], references: Sequence[Sequence[str]], *, count: int
) -> list[SentenceDifference]:
    """The sentences at which one translator gains most over the other, by sentence chrF, the largest gain first.

    Sentences that both translated alike are left out, so there may be fewer than ``count``.

    Raises:
        InputError: nothing to score, or different numbers of sentences.
    """
    check_sentences(first, references)
    check_sentences(second, references)
    scorer = scorer_of("chrf")
    found = [
        SentenceDifference(
            index=index,
            first=one,
            second=other,
            first_chrf=float(scorer.sentence_score(one, wanted).score),
            second_chrf=float(scorer.sentence_score(other, wanted).score),
        )
        for index, (one, other, *wanted) in enumerate(zip(first, second, *references, strict=True))
        if one != other
    ]
    found.sort(key=lambda each: -abs(each.first_chrf - each.second_chrf))
    return found[:count]
