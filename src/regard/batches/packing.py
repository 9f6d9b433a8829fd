"""Several short sentence pairs in one row, as pure functions over lengths."""

import numpy as np

from regard.batches.encoded import IntArray


def packed(source_lengths: IntArray, target_lengths: IntArray, *, width: int) -> list[IntArray]:
    """Distributes pairs over rows, so that neither side of a row is longer than ``width``.

    The longest pairs are placed first, each in the first row with room for both of its sides (first-fit decreasing:
    Johnson 1973). A pair longer than the width gets a row of its own.

    Returns:
        Indices of the pairs of each row, in the order they were given.
    """
    longest = np.maximum(source_lengths, target_lengths)
    rows: list[list[int]] = []
    room = np.empty((0, 2), dtype=np.int64)
    for index in np.argsort(-longest, kind="stable").tolist():
        needed = np.array([source_lengths[index], target_lengths[index]])
        fitting = np.flatnonzero((room >= needed).all(1))
        if len(fitting):
            rows[fitting[0]].append(index)
            room[fitting[0]] -= needed
        else:
            rows.append([index])
            room = np.vstack((room, width - needed))
    return [np.array(sorted(row), dtype=np.int64) for row in rows]
