"""Deadlines: work that cannot be done in time ends in time, and gives back its share, whether or not anybody waits."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.requests import Request

import regard
from regard.server import Door, Limits, open_service
from regard.server.engine import Engine
from regard.server.journal import Journal
from regard.server.metrics import Metrics
from regard.server.problem import Problem
from regard.server.service import Service, answered
from regard.server.ticket import CallTicket
from regard.server.trace_request import TraceRequest
from regard.server.traces import Making, Traces


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a scene in a thread of its own: a browser of another test may hold this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(scene())).result(timeout=60)


class Occupied:
    """Somebody else's work: it holds the engine until it is let go."""

    def __init__(self, engine: Engine) -> None:
        self._over = threading.Event()
        self.ticket = CallTicket(lambda _: self._over.wait(30), 10, time.monotonic() + 30)
        engine.submit(self.ticket)

    async def let_go(self) -> None:
        self._over.set()
        await self.ticket.future
        await asyncio.sleep(0)


def dropped(metrics: Metrics, why: str) -> float | None:
    return metrics.registry.get_sample_value("regard_dropped_total", {"why": why})


def test_what_is_late_in_the_queue_ends_and_gives_its_cost_back() -> None:
    async def scene() -> None:
        metrics = Metrics()
        engine = Engine(Limits(waiting_tokens=1_000), metrics, Journal(None))
        occupied = Occupied(engine)
        late = CallTicket(lambda _: "too late", 900, time.monotonic() + 0.1)
        engine.submit(late)
        await asyncio.wait({late.future}, timeout=10)  # nobody acts upon it
        assert late.future.cancelled()
        assert not occupied.ticket.future.done()
        assert dropped(metrics, "deadline") == 1
        engine.submit(other := CallTicket(lambda _: "in time", 900, time.monotonic() + 30))  # there is room again
        await occupied.let_go()
        assert await other.future == "in time"
        await asyncio.sleep(0)
        assert engine.is_idle
        engine.stop()

    played(scene)


@pytest.fixture
def service(tiny_run: Path) -> Iterator[Service]:
    opened = open_service(
        [tiny_run], regard.load, limits=Limits(deadline_seconds=0.2), door=Door(), journal=Journal(None)
    )
    yield opened
    opened.engine.stop()


async def over(making: Making) -> tuple[str, Any]:
    """The last event of a trace."""
    for _ in range(200):
        if making.is_over:
            event, data = making.events[-1].decode().strip().split("\n")
            return event.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))
        await asyncio.sleep(0.05)
    pytest.fail("nothing says that the trace is over")


def test_who_waits_for_what_is_late_is_told_so(service: Service) -> None:
    async def stays() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def scene() -> None:
        occupied = Occupied(service.engine)
        late = CallTicket(lambda _: "too late", 10, service.deadline())
        with pytest.raises(Problem, match=r"not done within 0\.2 seconds") as refused:
            await answered(service, Request({"type": "http"}, stays), late)
        assert refused.value.status == 504
        await occupied.let_go()

    played(scene)


def test_a_trace_that_is_late_in_the_queue_says_so(service: Service) -> None:
    async def scene() -> None:
        occupied = Occupied(service.engine)
        event, told = await over(Traces(service).begin(TraceRequest(text="one two three")))
        assert (event, told["reason"]) == ("failed", "took too long")
        assert "not done within 0.2 seconds" in told["error"]
        await occupied.let_go()
        assert service.engine.is_idle

    played(scene)


def test_a_trace_that_is_stopped_is_not_called_late(service: Service) -> None:
    async def scene() -> None:
        occupied, traces = Occupied(service.engine), Traces(service)
        making = traces.begin(TraceRequest(text="one two three"))
        traces.stop(making)
        assert await over(making) == ("failed", {"error": "stopped", "reason": "stopped"})
        await occupied.let_go()

    played(scene)
