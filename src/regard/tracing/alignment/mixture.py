"""A finer reading, where some links were made by hand: all heads at both shifts, each with a weight of its own.

    p(source word | target word) ∝ exp Σ weight · log(ε + received)

over all (shift, layer, head), where *received* is the share of a source word's attention that went to the target word.
The weights maximise the probability of the sure links of a development part (a conditional log-linear model, convex);
a head that looks at the *next* word to come gets a negative one. A hundred sentences are enough for a few dozen heads.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from regard.errors import InputError
from regard.tracing.alignment.choice import Judge, Table, Tables
from regard.tracing.alignment.reader import Link, Links, links_of

_EPSILON: Final = 1e-3
_PENALTY: Final = 1e-3  # keeps the weights of heads that say the same from growing against each other
_STEPS: Final = 150
_RATE: Final = 0.05


@final
@dataclass(frozen=True, eq=False)
class HeadMixture:
    """Weights for every head at both shifts, and the two shares of ``AlignmentReader``.

    Attributes:
        weights: first all heads at shift 0, then all at shift 1.
        least_share: below it a target word gets no link.
        cover_share: from it on a source word that is left over gets one.
    """

    weights: Float[np.ndarray, "shift layer head"]
    least_share: float
    cover_share: float

    def strengths(self, first: Table, second: Table) -> Float[np.ndarray, "target_word source_word"]:
        """p(source word | target word) of one pair, from its tables at shift 0 and shift 1."""
        sums = np.tensordot(self.weights, _features(first, second), axes=3)
        powers = np.exp(sums - sums.max(axis=1, keepdims=True, initial=-np.inf))
        probabilities: NDArray[np.float64] = powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-12)
        return probabilities

    def links(self, first: Table, second: Table) -> Links:
        """The links of one pair, sorted."""
        return links_of(self.strengths(first, second), self.least_share, self.cover_share)


def fit_mixture(
    tables: Tables, sure: Sequence[Collection[Link]], judge: Judge, *, shares: Sequence[tuple[float, float]]
) -> HeadMixture:
    """Fits the weights to sure links, and chooses the shares that the judge likes best.

    Args:
        tables: per development pair the strengths of words, at shift 0 and at shift 1.
        sure: the links made by hand, (source word, target word), of the same pairs.
        judge: says how good links are.
        shares: pairs of ``least_share`` and ``cover_share`` to choose among.

    Raises:
        InputError: there is nothing to fit to.
    """
    if not any(sure) or len(sure) != len(tables):
        raise InputError(
            f"weights of heads are fitted to links made by hand, but {len(tables)} pairs and links of {len(sure)} are "
            "given, or no link at all"
        )
    shape = (2, *tables[0][0].shape[:2])
    cells = [_cells(first, second, links) for (first, second), links in zip(tables, sure, strict=True)]
    weights = _fitted([each for each in cells if each is not None], int(np.prod(shape))).reshape(shape)
    mixtures = [HeadMixture(weights, least, cover) for least, cover in shares]
    return max(mixtures, key=lambda mixture: judge([mixture.links(*pair) for pair in tables]))


def _features(first: Table, second: Table) -> Float[np.ndarray, "shift layer head target_word source_word"]:
    both = np.stack([first, second]).astype(np.float64)
    received = both / np.maximum(both.sum(axis=-2, keepdims=True), 1e-12)
    logarithms: NDArray[np.float64] = np.log(received + _EPSILON)
    return logarithms


def _cells(first: Table, second: Table, links: Collection[Link]) -> tuple[Tensor, Tensor] | None:
    """Features of the rows that have a sure link, and how often each source word is linked; None if no row has."""
    features = torch.from_numpy(_features(first, second)).flatten(0, 2).permute(1, 2, 0)
    linked = torch.zeros(features.shape[:2], dtype=torch.float64)
    for source, target in links:
        linked[target, source] = 1
    rows = linked.any(dim=1)
    return (features[rows], linked[rows]) if rows.any() else None


def _fitted(cells: Sequence[tuple[Tensor, Tensor]], count: int) -> NDArray[np.float64]:
    """Adam on a convex loss, from zero: the same every time."""
    weights = torch.zeros(count, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=_RATE)
    num_links = sum(float(linked.sum()) for _, linked in cells)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        losses = [-(linked * (features @ weights).log_softmax(-1)).sum() for features, linked in cells]
        loss = torch.stack(losses).sum() / num_links + _PENALTY * weights.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found: NDArray[np.float64] = weights.detach().numpy().copy()
    return found
