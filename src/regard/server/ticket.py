"""An accepted request on its way through the engine."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, final

from regard.server.shelf import Served
from regard.translator import Translation


@final
@dataclass(frozen=True, slots=True)
class Search:
    """How the sentences of a request are searched; those with equal searches may share a batch."""

    beam_size: int | None = None
    num_hypotheses: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A line of text to translate.

    Attributes:
        text: the line.
        cost: what it costs to translate: source tokens, their end counted, times beam.
        num_tokens: source tokens.
    """

    text: str
    cost: int
    num_tokens: int


class _Answered:
    """What all tickets share: a future in the loop of whoever waits, and a flag for when nobody does any more."""

    def __init__(self, cost: int, deadline: float) -> None:
        self.cost = cost
        self.deadline = deadline
        self.gone = threading.Event()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    @property
    def is_late(self) -> bool:
        """Whether its deadline has passed."""
        return time.monotonic() > self.deadline

    @property
    def is_dead(self) -> bool:
        """Whether nobody waits for the answer any more, or it would come too late."""
        return self.gone.is_set() or self.is_late

    def fail(self, error: BaseException) -> None:
        """Ends it without an answer."""
        self._tell(self.future.set_exception, error)

    def succeed(self, answer: object) -> None:
        """Ends it with its answer."""
        self._tell(self.future.set_result, answer)

    def _tell(self, end: Callable[[Any], None], value: object) -> None:
        def told() -> None:
            if not self.future.done():
                end(value)

        with contextlib.suppress(RuntimeError):  # the loop is closed: the server is gone, and so is whoever waited
            self.loop.call_soon_threadsafe(told)


@final
class TranslationTicket(_Answered):
    """Lines to translate with one model; answered once all of them are."""

    def __init__(self, served: Served, lines: Sequence[Line], search: Search, deadline: float) -> None:
        super().__init__(sum(line.cost for line in lines), deadline)
        self.served = served
        self.search = search
        self.waiting: deque[tuple[int, Line]] = deque(enumerate(lines))
        self._answers: list[Translation | None] = [None] * len(lines)
        self._left = len(lines)
        self._lock = threading.Lock()

    @property
    def key(self) -> Hashable:
        """The model and the search."""
        return id(self.served), self.search

    def answer(self, place: int, translation: Translation) -> bool:
        """Notes the translation of one line; true if it was the last one, so that the ticket can be ended."""
        with self._lock:  # its lines may be in several batches
            self._answers[place] = translation
            self._left -= 1
            return self._left == 0

    def end(self) -> None:
        """Ends it with its answers; to be called in its loop."""
        if not self.future.done():
            self.future.set_result(self._answers)


def end_together(tickets: Sequence[TranslationTicket]) -> None:
    """Ends all of them with their answers. Their loop is woken once: a system call for each of hundreds adds up."""

    def end(some: Sequence[TranslationTicket]) -> None:
        for ticket in some:
            ticket.end()

    for loop in {ticket.loop for ticket in tickets}:
        with contextlib.suppress(RuntimeError):  # it is closed: the server is gone, and so is whoever waited
            loop.call_soon_threadsafe(end, [ticket for ticket in tickets if ticket.loop is loop])


class Abandoned(Exception):  # noqa: N818 - not a defect: somebody went away, or the time is over
    """What a call raises when it sees that it may stop, and has nothing to show for it."""


@final
class CallTicket(_Answered):
    """Something that the engine does alone, such as recording a trace. ``run`` is told how to see that it may stop."""

    def __init__(self, run: Callable[[Callable[[], bool]], object], cost: int, deadline: float) -> None:
        super().__init__(cost, deadline)
        self._run = run

    @property
    def key(self) -> Hashable:
        """Its own."""
        return id(self)

    def run(self) -> None:
        """Does it."""
        with contextlib.suppress(Abandoned):  # whoever abandoned it has ended it
            self.succeed(self._run(lambda: self.is_dead))
