"""Hypotheses that attend side by side, told apart again: a row each, as if each had attended alone.

In beam search the queries of one sentence's hypotheses are taken together, and all write into one cache. Of its cells,
a hypothesis saw one of every position: its ancestors' and its own.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from regard.attention import Reason, View
from regard.errors import TraceError


@final
@dataclass(frozen=True, eq=False)
class Abreast:
    """How to take one call of one sentence apart.

    Attributes:
        beams: how many hypotheses asked.
        cells: the keys that each of them may have seen, one per position.
    """

    beams: int
    cells: Int[np.ndarray, "beam key"]

    @classmethod
    def of(cls, view: View) -> "Abreast":
        """From the view they attended with.

        Raises:
            TraceError: several sentences were attended to at once.
        """
        if view.allowed.shape[0] != 1:
            raise TraceError("hypotheses of several sentences were recorded at once; please report this as a bug")
        num_keys = view.allowed.shape[-1]
        if view.cells == 1:
            return cls(view.beams, np.broadcast_to(np.arange(num_keys), (view.beams, num_keys)))
        own = (view.reasons()[0, 0].cpu().numpy() & int(Reason.OTHER_HYPOTHESIS)) == 0
        return cls(view.beams, np.stack([np.flatnonzero(row) for row in own]))

    def queries(self, array: NDArray[Any]) -> NDArray[Any]:
        """(1, head, beam, …) as (beam, head, 1, …)."""
        return np.swapaxes(array, 0, 2)

    def table(self, array: NDArray[Any]) -> NDArray[Any]:
        """(1, head, beam, key) as (beam, head, 1, position)."""
        rows = np.broadcast_to(array[0], (array.shape[1], self.beams, array.shape[3]))
        return np.stack([rows[:, beam, cells][:, None] for beam, cells in enumerate(self.cells)])

    def by_key(self, array: NDArray[Any]) -> NDArray[Any]:
        """(1, head, key) as (beam, head, position)."""
        return np.stack([array[0][:, cells] for cells in self.cells])

    def vectors(self, array: NDArray[Any], known: int) -> NDArray[Any]:
        """(1, head, new key, dim) as (beam, head, new position, dim); the new keys follow ``known`` earlier ones."""
        return np.stack([array[0][:, cells[cells >= known] - known] for cells in self.cells])
