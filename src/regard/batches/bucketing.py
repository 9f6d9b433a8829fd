"""Grouping sentence pairs of similar length, as pure functions over lengths."""

from typing import Final

import numpy as np

from regard.batches.encoded import IntArray

_ROWS_STEPS: Final = (32, 8)


def bucketed(
    source_lengths: IntArray, target_lengths: IntArray, *, budget: int, rng: np.random.Generator
) -> list[IntArray]:
    """Cuts all pairs into batches of at most ``budget`` cells, padding included, in random order.

    Pairs are sorted by target and then source length, ties in random order, so each epoch groups them anew. A pair
    longer than the budget gets a batch of its own. Batches have a round number of rows where that costs little: matrix
    products are compiled for each shape they meet, and fewer shapes mean less compiling and less memory.

    Returns:
        Indices of the pairs of each batch.
    """
    ties = rng.permutation(len(source_lengths))
    order = ties[np.lexsort((source_lengths[ties], target_lengths[ties]))]
    batches = np.split(order, _cuts(source_lengths[order], target_lengths[order], budget))
    return [batches[index] for index in rng.permutation(len(batches))] if len(order) else []


def _cuts(source_lengths: IntArray, target_lengths: IntArray, budget: int) -> list[int]:
    """Where a new batch begins, going through sorted lengths."""
    source, target = source_lengths.tolist(), target_lengths.tolist()
    cuts: list[int] = []
    start = index = widest_source = widest_target = 0
    while index < len(source):
        wider_source, wider_target = max(widest_source, source[index]), max(widest_target, target[index])
        if index > start and (index - start + 1) * (wider_source + wider_target) > budget:
            start += _round_number(index - start)
            cuts.append(start)
            widest_source, widest_target = max(source[start:index], default=0), max(target[start:index], default=0)
        else:
            widest_source, widest_target = wider_source, wider_target
            index += 1
    return cuts


def _round_number(rows: int) -> int:
    """The largest multiple of a convenient step that is not more than ``rows``."""
    step = next((step for step in _ROWS_STEPS if rows >= step), 1)
    return rows // step * step
