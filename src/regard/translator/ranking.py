"""Hypotheses ranked by more than their log-probability: coverage of the source, another length formula, least risk.

Search leaves its hypotheses; here they are scored once more and sorted. A score depends on the source and the
hypothesis alone, so it is the same whatever way search went:

    score = log-probability / lp(length) + coverage
    lp(length) = length^α, or ((5 + length) / 6)^α                              Wu et al. 2016, equation 14
    coverage = β Σ over source tokens of log(min(Σ over target tokens of weight, 1))

The weights are those of the decoder's last layer on the source, the mean over its heads, and over the models where
several translate together; the EOS of the source is no token to be covered. α is ``length_penalty``, β
``coverage_penalty``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from regard.decoding import Hypothesis, normalised_score
from regard.decoding.batched import cells_of_batch
from regard.models import AnyModel, Ensemble
from regard.settings import DecodingSettings

_LEAST: Final = 1e-9
"""A source token gets this much at least, so that one that nobody looked at does not make a score infinite."""

Ids = Sequence[int]


def needs_ranking(settings: DecodingSettings) -> bool:
    """Whether the order in which search leaves hypotheses is not the one that is asked for."""
    return settings.coverage_penalty > 0 or settings.length_formula != "power"


def ranked(
    model: AnyModel, sources: Sequence[Ids], found: Sequence[Sequence[Hypothesis]], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """The hypotheses of each source with their new scores, best first.

    Raises:
        InputError: coverage is asked for, and the model's decoder does not attend to the source.
    """
    coverage = iter(_coverage(model, sources, found, settings))
    scored = [[replace(each, score=_score(each, settings) + next(coverage)) for each in group] for group in found]
    return [sorted(group, key=lambda each: -each.score) for group in scored]


def _score(hypothesis: Hypothesis, settings: DecodingSettings) -> float:
    length = len(hypothesis.token_log_probabilities)
    if settings.length_formula == "power":
        return normalised_score(hypothesis.log_probability, length, settings.length_penalty)
    return float(hypothesis.log_probability / ((5 + length) / 6) ** settings.length_penalty)


def _coverage(
    model: AnyModel, sources: Sequence[Ids], found: Sequence[Sequence[Hypothesis]], settings: DecodingSettings
) -> list[float]:
    """β Σ log(…) of every hypothesis, one source's after the other's."""
    if not settings.coverage_penalty:
        return [0.0 for group in found for _ in group]
    pairs = [(source, each.ids) for source, group in zip(sources, found, strict=True) for each in group]
    members = model.networks if isinstance(model, Ensemble) else (model,)
    weights = zip(*(_weights(each, pairs, settings) for each in members), strict=True)
    return [settings.coverage_penalty * log_coverage(np.mean(of_members, axis=0)) for of_members in weights]


def _weights(
    model: AnyModel, pairs: Sequence[tuple[Ids, Ids]], settings: DecodingSettings
) -> list[NDArray[np.floating]]:
    """What the last layer's heads give to each source token on average, of every pair."""
    from regard.tracing.alignment import cross_attention

    read = cross_attention(
        model,
        [source for source, _ in pairs],
        [target for _, target in pairs],
        batch_tokens=cells_of_batch(settings, 1),
        by_value=False,
    )
    return [cells[-1].mean(0) if len(cells) else np.zeros((1, 1)) for cells in read]  # an empty source has no layers


def log_coverage(weights: NDArray[np.floating]) -> float:
    """Σ log(min(Σ weight, 1)) over the source tokens, from weights of (target, source), the source's EOS last."""
    covered = weights[:, :-1].sum(0, dtype=np.float64)
    return float(np.log(covered.clip(_LEAST, 1.0)).sum())


def by_least_risk(hypotheses: Sequence[Hypothesis], texts: Sequence[str]) -> list[Hypothesis]:
    """Samples by how much they are like all samples (minimum Bayes risk, Eikema and Aziz 2020), the best first.

    The likeness is sentence chrF, and every sample counts, so what was drawn often counts often. Equally good ones
    keep their order.
    """
    from regard.evaluation.similarity import chrf_between

    expected = chrf_between(texts).mean(1)
    return [hypotheses[place] for place in np.argsort(-expected, kind="stable")]
