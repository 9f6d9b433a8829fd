"""How one search may differ from an ordinary one: how it begins, what it prefers, how it chooses, who watches it.

Every search goes through ``Steering.steer`` once a step: the model's log-probabilities go in, the ones to choose from
come out. Whoever wants to forbid, require, penalise or forget tokens is an ``Adjuster``; whoever wants to draw tokens
instead of taking the best is a ``Chooser``. Where there is none, nothing is computed for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, final, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from regard.decoding.choice import best_next
from regard.decoding.within import Within

if TYPE_CHECKING:
    from regard.decoding.beam import Beams, Candidates

Prefixes = list[list[int]]
"""The tokens of each row, BOS first."""


@final
@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one step: a hypothesis each, those of one sentence side by side.

    Attributes:
        sentences: which of the sources given to the search each row translates.
        prefixes: what each row has written so far, BOS first; made when it is asked for. Rows may differ in length.
            A beam without a hypothesis repeats another's tokens, and nothing comes of it.
        live: which sentences are still searched, likewise. Complete ones keep their rows for a while.
    """

    sentences: tuple[int, ...]
    prefixes: Callable[[], Prefixes]
    live: Callable[[], set[int]]


@runtime_checkable
class Listener(Protocol):
    """Who watches a search. What it is given, it must not change."""

    def opened(self) -> None:
        """The sources are read; the first step comes next."""
        ...

    def stepped(self, prefixes: Prefixes, log_probabilities: Float[Tensor, "row vocab"]) -> None:
        """The model has answered: per row what it was given so far, and how probable each next token is.

        Rows are in the model's order, the live hypotheses of all sentences side by side. What is raised here ends the
        search.
        """
        ...


@runtime_checkable
class Adjuster(Protocol):
    """Who changes what may be chosen."""

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """The log-probabilities to choose from: a new tensor, or the given one unchanged.

        Minus infinity forbids a token. A row without any other value ends there: greedy search cuts its sentence, beam
        search goes on with other rows. What is returned counts for ranking and for the scores of hypotheses.
        """
        ...


@runtime_checkable
class Chooser(Protocol):
    """Who picks the next tokens of a row."""

    def choose(
        self, log_probabilities: Float[Tensor, "row vocab"], count: int
    ) -> tuple[Float[Tensor, "row candidate"], Int[Tensor, "row candidate"]]:
        """At most ``count`` different tokens of each row, the preferred one first: log-probabilities and ids."""
        ...


@runtime_checkable
class Selector(Protocol):
    """Who ranks the continuations of a beam.

    ``unbeatable``: how many finished hypotheses must score better than all live ones before a search stops; None stops
    as an ordinary search does.
    """

    unbeatable: int | None

    def select(self, beams: "Beams", log_probabilities: Float[Tensor, "row vocab"]) -> "Candidates":
        """The continuations of each sentence in the order in which they get places, about twice as many as places."""
        ...


@final
@dataclass(frozen=True)
class Begin:
    """The translation of sentence ``s`` begins with ``prefixes[s]``, scored like chosen tokens, and of its length."""

    prefixes: tuple[tuple[int, ...], ...]

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Leaves rows that are still in their prefix its next token alone."""
        following = {
            row: prefix[len(written) - 1]
            for row, (sentence, written) in enumerate(zip(rows.sentences, rows.prefixes(), strict=True))
            if len(written) <= len(prefix := self.prefixes[sentence])
        }
        if not following:
            return log_probabilities
        forced = log_probabilities.clone()
        for row, only in following.items():
            forced[row] = float("-inf")
            forced[row, only] = log_probabilities[row, only]
        return forced


@final
@dataclass(frozen=True)
class Steering:
    """Departures from an ordinary search; none unless something is given.

    Attributes:
        prefixes: the ids that the translation of each sentence begins with; empty where it may begin as it likes.
        source_width: cells of the source's rectangle, EOS counted; what is left over is padding.
        listener: who watches.
        adjusters: who changes log-probabilities before tokens are chosen, one after the other.
        chooser: who picks tokens; the best ones if not given.
        selector: who ranks the continuations of a beam; their log-probabilities do if not given.
        within: the pieces that each translation may hold; the whole vocabulary if not given.
    """

    prefixes: tuple[tuple[int, ...], ...] = ()
    source_width: int | None = None
    listener: Listener | None = None
    adjusters: tuple[Adjuster, ...] = ()
    chooser: Chooser | None = None
    selector: Selector | None = None
    within: Within | None = None

    @property
    def is_straight(self) -> bool:
        """Whether nobody looks at log-probabilities or chooses, so that the best tokens are all that counts."""
        return self.within is None and self.is_straight_within

    @property
    def is_straight_within(self) -> bool:
        """The same of the pieces that may occur."""
        return not (any(self.prefixes) or self.listener or self.adjusters or self.chooser or self.selector)

    def opened(self) -> None:
        """Tells the listener, if there is one, that the sources are read."""
        if self.listener is not None:
            self.listener.opened()

    def steer(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """The log-probabilities to choose from; the listener sees the model's own, of the pieces that may occur.

        Rows are looked into only if somebody listens or adjusts.
        """
        if self.within is not None:
            log_probabilities = self.within.normalised(log_probabilities, rows.sentences)
        if self.listener is not None:
            self.listener.stepped(rows.prefixes(), log_probabilities)
        for adjuster in (*((Begin(self.prefixes),) if any(self.prefixes) else ()), *self.adjusters):
            log_probabilities = adjuster.adjust(log_probabilities, rows)
        return log_probabilities

    def choose(
        self, log_probabilities: Float[Tensor, "row vocab"], count: int
    ) -> tuple[Float[Tensor, "row candidate"], Int[Tensor, "row candidate"]]:
        """The tokens each row may go on with."""
        return (best_next if self.chooser is None else self.chooser.choose)(log_probabilities, count)


STRAIGHT: Final = Steering()
