"""How alike translations of one sentence are: sentence chrF of each against each, counted once for all pairs.

The number is sacreBLEU's chrF2 with its default settings (Popović 2015): character n-grams up to 6, spaces left out,
recall counting twice as much as precision.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ORDER: Final = 6
_BETA_SQUARED: Final = 4


def chrf_between(texts: Sequence[str]) -> NDArray[np.float64]:
    """The chrF, 0 to 100, of each text (row) with each text (column) as its reference."""
    squeezed = ["".join(text.split()) for text in texts]
    precision, recall, orders = (np.zeros((len(texts), len(texts))) for _ in range(3))
    for size in range(1, _ORDER + 1):
        counts = _counts(squeezed, size)
        totals = counts.sum(1)
        shared = np.array([_shared(row, counts) for row in counts]).reshape(precision.shape)
        both = (totals[:, None] > 0) & (totals[None] > 0)
        precision += np.where(both, shared / np.maximum(totals[:, None], 1), 0)
        recall += np.where(both, shared / np.maximum(totals[None], 1), 0)
        orders += both
    precision, recall = precision / np.maximum(orders, 1), recall / np.maximum(orders, 1)
    below = _BETA_SQUARED * precision + recall
    return 100 * (1 + _BETA_SQUARED) * precision * recall / np.where(below > 0, below, 1)


def _shared(row: NDArray[np.int32], counts: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many n-grams one text shares with each: all pairs at once would take memory with the cube of the texts."""
    held = np.flatnonzero(row)
    shared: NDArray[np.int64] = np.minimum(row[held], counts[:, held]).sum(1, dtype=np.int64)
    return shared


def _counts(texts: Sequence[str], size: int) -> NDArray[np.int32]:
    """How often each text holds each n-gram that any of them holds."""
    found = [Counter(text[place : place + size] for place in range(len(text) - size + 1)) for text in texts]
    columns = {gram: column for column, gram in enumerate(dict.fromkeys(gram for each in found for gram in each))}
    counts = np.zeros((len(texts), len(columns)), np.int32)
    for row, each in enumerate(found):
        for gram, times in each.items():
            counts[row, columns[gram]] = times
    return counts
