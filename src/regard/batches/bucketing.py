"""Grouping sentence pairs of similar length, as pure functions over lengths."""

import numpy as np

from regard.batches.encoded import IntArray


def bucketed(
    source_lengths: IntArray, target_lengths: IntArray, *, budget: int, rng: np.random.Generator
) -> list[IntArray]:
    """Cuts all pairs into batches of at most ``budget`` cells, padding included, in random order.

    Pairs are sorted by target and then source length, ties in random order, so each epoch groups them anew. A pair
    longer than the budget gets a batch of its own.

    Returns:
        Indices of the pairs of each batch.
    """
    ties = rng.permutation(len(source_lengths))
    order = ties[np.lexsort((source_lengths[ties], target_lengths[ties]))]
    batches = np.split(order, _cuts(source_lengths[order], target_lengths[order], budget))
    return [batches[index] for index in rng.permutation(len(batches))] if len(order) else []


def _cuts(source_lengths: IntArray, target_lengths: IntArray, budget: int) -> list[int]:
    """Where a new batch begins, going through sorted lengths."""
    cuts: list[int] = []
    start = widest_source = widest_target = 0
    for index, (source, target) in enumerate(zip(source_lengths.tolist(), target_lengths.tolist(), strict=True)):
        widest_source, widest_target = max(widest_source, source), max(widest_target, target)
        if index > start and (index - start + 1) * (widest_source + widest_target) > budget:
            cuts.append(index)
            start, widest_source, widest_target = index, source, target
    return cuts
