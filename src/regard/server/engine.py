"""The engine: it translates what waits, together as far as it fits together, with as many hands as it has.

While batches are being translated, requests gather; the next batch takes from all of them in turn, a sentence each, up
to a budget of tokens. So one large request does not hold up the small ones, and under load batches grow by themselves.
Work is admitted by its cost, and refused at once when too much waits; what nobody waits for any more is dropped.
"""

import math
import threading
import time
from collections.abc import Sequence
from typing import Final, final

from regard.server.fault import fault_of
from regard.server.hands import Hand, Here
from regard.server.journal import Journal
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.problem import OF_CLIENTS, Problem
from regard.server.ticket import CallTicket, Line, TranslationTicket, end_together

AnyTicket = TranslationTicket | CallTicket
_WORTH_A_BATCH: Final = 1_000
"""So little work, in tokens times beam, is not divided among hands."""
Taken = list[tuple[TranslationTicket, int, Line]]
"""Lines of one batch, with the tickets and the places in them that they belong to."""


@final
class Engine:
    """Translates in threads of its own, one per hand. A ticket is submitted and abandoned in its own loop."""

    def __init__(self, limits: Limits, metrics: Metrics, journal: Journal, hands: Sequence[Hand] = (Here(),)) -> None:
        self._limits, self._metrics, self._journal = limits, metrics, journal
        self._tickets: list[AnyTicket] = []
        self._admitted = 0
        self._is_full = False  # something was refused, and nothing has ended since
        self._changed = threading.Condition()
        self._is_open, self._is_running = True, True
        self._tokens_per_second = 2_000.0  # a guess until something was measured; only Retry-After rests on it
        self._threads = [
            threading.Thread(target=self._run, args=(hand,), name="regard-engine", daemon=True) for hand in hands
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, ticket: AnyTicket) -> None:
        """Accepts work; what is not done by its deadline is abandoned then, whether or not anybody looks.

        Raises:
            Problem: too much waits already, or the server is about to stop.
        """
        with self._changed:
            if not self._is_open:
                raise Problem(503, "the server is about to stop; try another one", retry_after=5)
            # A request that would be too large even alone is let in when nothing else waits.
            if self._admitted and self._admitted + ticket.cost > self._limits.waiting_tokens:
                self._is_full = True
                raise self.refusal()
            self._tickets.append(ticket)
            self._admitted += ticket.cost
            self._metrics.waiting.set(self._admitted)
            self._changed.notify()
        ticket.future.add_done_callback(lambda _: self._release(ticket))
        late = ticket.loop.call_later(max(0.0, ticket.deadline - time.monotonic()), self.abandon, ticket)
        ticket.future.add_done_callback(lambda _: late.cancel())

    def refuse_if_full(self) -> None:
        """Refuses at once, without a look at what is asked, while nothing has ended since the last refusal.

        Under overload most requests are refused; each must cost little, or refusing keeps the engine from its work.

        Raises:
            Problem: too much waits already.
        """
        if self._is_full:
            raise self.refusal()

    def refusal(self) -> Problem:
        """The answer to work that is not accepted because too much waits; it is counted."""
        self._metrics.refused.inc()
        seconds = max(1, min(60, math.ceil(self._admitted / self._tokens_per_second)))
        return Problem(429, "too much work waits already; try again a little later", retry_after=seconds)

    def abandon(self, ticket: AnyTicket) -> None:
        """Nobody waits for this any more."""
        ticket.gone.set()
        ticket.future.cancel()

    def close(self) -> None:
        """Accepts no more work; what was accepted goes on."""
        with self._changed:
            self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether work is accepted."""
        return self._is_open

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return self._admitted == 0

    def stop(self, *, seconds: float = 5.0) -> None:
        """Ends the threads after their present batches."""
        with self._changed:
            self._is_open = self._is_running = False
            for ticket in self._tickets:
                ticket.gone.set()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(seconds)

    def _release(self, ticket: AnyTicket) -> None:
        with self._changed:
            self._admitted -= ticket.cost
            self._is_full = False
            self._metrics.waiting.set(self._admitted)
            if ticket in self._tickets:
                self._tickets.remove(ticket)
        if ticket.future.cancelled():
            self._metrics.dropped.labels("deadline" if ticket.is_late else "left").inc()

    def _run(self, hand: Hand) -> None:
        while (batch := self._next()) is not None:
            if isinstance(batch, CallTicket):
                self._call(batch)
            elif batch:
                self._translate(batch, hand)
        hand.close()

    def _next(self) -> CallTicket | Taken | None:
        """Waits for work; None says that it is over."""
        with self._changed:
            while self._is_running and not self._tickets:
                self._changed.wait()
            if not self._is_running:
                return None
            taken = self._taken()
            if self._tickets:
                self._changed.notify()  # another hand may be free
            return taken

    def _taken(self) -> CallTicket | Taken:
        """The next batch: of the oldest ticket, and of all others that may share one with it, a line each in turn."""
        self._tickets = [ticket for ticket in self._tickets if not ticket.is_dead]
        if not self._tickets:
            return []
        oldest = self._tickets[0]
        if isinstance(oldest, CallTicket):
            del self._tickets[0]
            return oldest
        sharing = [each for each in self._tickets if isinstance(each, TranslationTicket) and each.key == oldest.key]
        waiting = sum(line.cost for ticket in sharing for _, line in ticket.waiting)
        share = max(_WORTH_A_BATCH, waiting // len(self._threads))  # so that no hand is left without work
        taken = _in_turn(sharing, min(share, self._limits.batch_tokens))
        self._tickets = [each for each in self._tickets if isinstance(each, CallTicket) or each.waiting]
        return taken

    def _call(self, ticket: CallTicket) -> None:
        try:
            ticket.run()
        except Exception as error:
            self._fail(ticket, error)

    def _fail(self, ticket: AnyTicket, error: Exception) -> None:
        if not isinstance(error, OF_CLIENTS):
            self._journal.write("failed", **fault_of(error))
        ticket.fail(error)

    def _translate(self, batch: Taken, hand: Hand) -> None:
        began = time.monotonic()
        try:
            _answer(batch, hand)
        except Exception as error:
            if len(batch) == 1:
                self._fail(batch[0][0], error)
                return
            for one in batch:  # so that what is wrong with one sentence stays with its own request
                self._translate([one], hand)
            return
        self._measure(batch, time.monotonic() - began)

    def _measure(self, batch: Taken, seconds: float) -> None:
        cost, name = sum(line.cost for _, _, line in batch), batch[0][0].served.name
        speed = len(self._threads) * cost / max(seconds, 1e-6)
        self._tokens_per_second = 0.9 * self._tokens_per_second + 0.1 * speed
        self._metrics.batch.observe(len(batch))
        self._metrics.sentences.labels(name).inc(len(batch))
        self._metrics.tokens.labels(name).inc(sum(line.num_tokens for _, _, line in batch))


def _in_turn(tickets: Sequence[TranslationTicket], budget: int) -> Taken:
    """Lines of the tickets, one of each in turn, as long as the budget lasts; at least one."""
    taken: Taken = []
    turn = list(tickets)
    while turn:
        for ticket in turn:
            place, line = ticket.waiting[0]
            if taken and line.cost > budget:
                return taken
            budget -= line.cost
            ticket.waiting.popleft()
            taken.append((ticket, place, line))
        turn = [ticket for ticket in turn if ticket.waiting]
    return taken


def _answer(batch: Taken, hand: Hand) -> None:
    """Translates the batch. A line that nobody waits for any more leaves the search at its next step.

    What such a line got that far is no translation: it answers nothing, however late its deadline is acted upon.
    """
    first = batch[0][0]
    lines = [line.text for _, _, line in batch]
    found = hand.translate(first.served, lines, first.search, lambda number: batch[number][0].is_dead)
    whole = [
        (each, place, one) for (each, place, _), one in zip(batch, found, strict=True) if "cancelled" not in one.flags
    ]
    end_together([each for each, place, one in whole if each.answer(place, one)])
