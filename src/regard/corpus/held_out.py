"""Which sentences are held out of training, where a source sentence may stand on one side of a split only.

Pairs with one source sentence are a group. Groups are taken in an order of the caller's, which makes the choice, until
there are enough pairs; but a group that would make them many more than were asked for stays in training. "Yes." alone
may be two pairs in five.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from regard.errors import CorpusError

_MOST_TIMES: Final = 1.5


def held_groups(sizes: NDArray[np.int64], wanted: int, *, least: int) -> NDArray[np.intp]:
    """The groups to hold out: the first ones, without those that would make more than half as many again as asked for.

    Args:
        sizes: how many pairs each group has, in the order in which they are taken.
        wanted: how many pairs to hold out.
        least: how many pairs have to be held out, if need be by too large a group, the smallest first.

    Returns:
        The places of the groups, sorted.
    """
    most, count = int(_MOST_TIMES * wanted), 0
    chosen, passed = list[int](), list[int]()
    for place, size in enumerate(sizes):
        if count >= wanted:
            break
        fits = count + size <= most
        (chosen if fits else passed).append(place)
        count += int(size) if fits else 0
    for place in sorted(passed, key=lambda place: int(sizes[place])):
        if count >= least:
            break
        chosen.append(place)
        count += int(sizes[place])
    return np.sort(np.array(chosen, dtype=np.intp))


def require_different_sources(num_sources: int, num_pairs: int) -> None:
    """Refuses pairs of which none can be held out, as the others would have the same source sentence.

    Raises:
        CorpusError: there is only one source sentence.
    """
    if num_sources == 1 < num_pairs:
        raise CorpusError(
            f"all {num_pairs:,} pairs share one source sentence, so that none of them can be held out and none is left "
            "to learn from; check that the file and its columns are the right ones"
        )
