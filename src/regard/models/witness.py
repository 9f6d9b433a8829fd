"""A place beside an attention for somebody who watches. Models know nothing else of being looked at.

Where nobody stands, nothing is computed, kept or copied for it.
"""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from regard.attention import Steps, View


@final
@dataclass(frozen=True, eq=False)
class Attended:
    """One attention that has just taken place: what entered it, and its steps.

    Attributes:
        queries: who looked, after rotary positions.
        keys: who was looked at, earlier positions included.
        values: what they carried.
        view: what was allowed.
        steps: what was computed; all of it on the plain path, the context alone on others.
    """

    queries: Float[Tensor, "batch head query head_dim"]
    keys: Float[Tensor, "batch head key head_dim"]
    values: Float[Tensor, "batch head key value_dim"]
    view: View
    steps: Steps


@runtime_checkable
class Witness(Protocol):
    """Who stands beside an attention. Asked before, told after; what it is told, it must not change."""

    def admit(self, view: View) -> View:
        """The view to attend with: the given one, unless somebody wants to see what becomes of another."""
        ...

    def saw(self, attended: Attended) -> None:
        """Takes notice of what happened."""
        ...
