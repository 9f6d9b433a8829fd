"""How one search may differ from an ordinary one: how it must begin, how wide its source is, who watches it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from regard.decoding.choice import only

Prefixes = list[list[int]]
"""The tokens of each row, BOS first."""


@runtime_checkable
class Listener(Protocol):
    """Who watches a search. What it is given, it must not change."""

    def opened(self) -> None:
        """The sources are read; the first step comes next."""
        ...

    def stepped(self, prefixes: Prefixes, log_probabilities: Float[Tensor, "row vocab"]) -> None:
        """The model has answered: per row what it was given so far, and how probable each next token is.

        Rows are in the model's order, the live hypotheses of all sentences side by side.
        """
        ...


@final
@dataclass(frozen=True)
class Steering:
    """Departures from an ordinary search; none unless something is given.

    Attributes:
        prefix: the ids every translation begins with. They are scored like chosen ones, and count towards the limit.
        source_width: cells of the source's rectangle, EOS counted; what is left over is padding.
        listener: who watches.
    """

    prefix: tuple[int, ...] = ()
    source_width: int | None = None
    listener: Listener | None = None

    def opened(self) -> None:
        """Tells the listener, if there is one, that the sources are read."""
        if self.listener is not None:
            self.listener.opened()

    def steer(
        self, log_probabilities: Float[Tensor, "row vocab"], *, place: int, prefixes: Callable[[], Prefixes]
    ) -> Float[Tensor, "row vocab"]:
        """The log-probabilities to choose token number ``place`` from; the listener sees the model's own.

        ``prefixes`` is asked only if somebody listens.
        """
        if self.listener is not None:
            self.listener.stepped(prefixes(), log_probabilities)
        return only(log_probabilities, self.prefix[place]) if place < len(self.prefix) else log_probabilities


STRAIGHT: Final = Steering()
