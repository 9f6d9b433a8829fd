"""How a pass over a corpus of any size is cut into windows that fit into memory, as pure functions of its length.

A corpus of up to ``WINDOW_PAIRS`` pairs is one window. A larger one is read in blocks of neighbouring pairs, which come
in another order each epoch; so many blocks at a time make a window, and pairs are mixed within it. What is kept of the
whole corpus is one number per block.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from regard.batches.encoded import IntArray

WINDOW_PAIRS: Final = 1 << 19
_BLOCKS_PER_WINDOW: Final = 256


@final
@dataclass(frozen=True, eq=False)
class Window:
    """Runs of neighbouring pairs: ``starts[k]`` to before ``stops[k]``."""

    starts: IntArray
    stops: IntArray

    def __len__(self) -> int:
        return int((self.stops - self.starts).sum())

    def numbers(self) -> IntArray:
        """The number of every pair in the corpus, in the order of the window."""
        return np.concatenate([np.arange(*run) for run in zip(self.starts.tolist(), self.stops.tolist(), strict=True)])


def num_windows(num_pairs: int, *, window_pairs: int = WINDOW_PAIRS) -> int:
    """How many windows a pass has, at least one."""
    return max(1, -(-num_pairs // window_pairs))


def windows_of(num_pairs: int, *, seed: int, epoch: int, window_pairs: int = WINDOW_PAIRS) -> list[Window]:
    """The windows of a pass; together they hold every pair once."""
    count = num_windows(num_pairs, window_pairs=window_pairs)
    if count == 1:
        return [Window(np.zeros(1, dtype=np.int64), np.array([num_pairs], dtype=np.int64))]
    block_pairs = max(1, window_pairs // _BLOCKS_PER_WINDOW)
    blocks = np.random.default_rng((seed, epoch)).permutation(-(-num_pairs // block_pairs))
    # In the order of the file within a window: reading goes forward, and pairs are mixed afterwards anyway.
    portions = [np.sort(portion) * block_pairs for portion in np.array_split(blocks, count)]
    return [Window(starts, np.minimum(starts + block_pairs, num_pairs)) for starts in portions]
