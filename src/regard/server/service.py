"""What every route works with, and how a request waits for the engine."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from starlette.requests import ClientDisconnect, Request

from regard.server.detection import Detector
from regard.server.engine import AnyTicket, Engine
from regard.server.journal import Journal
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.origin import Door
from regard.server.problem import Problem, problem_of
from regard.server.shelf import Shelf


@final
@dataclass(frozen=True, eq=False)
class Service:
    """The parts of a running server; ``lab`` is a folder of recorded claims."""

    limits: Limits
    door: Door
    shelf: Shelf
    engine: Engine
    detector: Detector
    metrics: Metrics
    journal: Journal
    lab: Path | None = None

    def deadline(self) -> float:
        """When a request that arrives now has to be answered, on the monotonic clock."""
        return time.monotonic() + self.limits.deadline_seconds

    def too_late(self) -> Problem:
        """The answer to a request whose deadline has passed."""
        return Problem(504, f"this was not done within {self.limits.deadline_seconds:g} seconds; send less at once")


async def answered(service: Service, request: Request, ticket: AnyTicket) -> Any:
    """What the engine answers to a ticket that is submitted here; the work is dropped when the client goes away.

    Raises:
        Problem: it was refused, it took too long, or it cannot be done.
        ClientDisconnect: nobody waits any more.
    """
    service.engine.submit(ticket)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({ticket.future, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if ticket.future.cancelled():
            raise service.too_late()
        if ticket.future.done():
            return result_of(ticket)
        raise ClientDisconnect
    finally:
        leaving.cancel()
        if not ticket.future.done():
            service.engine.abandon(ticket)


def result_of(ticket: AnyTicket) -> Any:
    """The answer of a ticket that is done.

    Raises:
        Problem: there is none.
    """
    try:
        return ticket.future.result()
    except Exception as error:
        raise problem_of(error) from error


async def _left(request: Request) -> None:
    """Returns when the client has gone; the body has been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
