"""Which traces a server keeps: what was accepted ends, whatever others do meanwhile."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

import regard
from regard.server import Door, Limits, open_service
from regard.server.journal import Journal
from regard.server.problem import Problem
from regard.server.service import Service
from regard.server.ticket import CallTicket
from regard.server.trace_request import TraceRequest
from regard.server.traces import Making, Traces
from regard.tracing.toy import ToyMask, worked_example
from regard.tracing.toy_trace import toy_trace

TEXT = "one two three"


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a scene in a thread of its own: a browser of another test may hold this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(scene())).result(timeout=120)


@pytest.fixture
def service(tiny_run: Path) -> Iterator[Service]:
    found = open_service(
        [tiny_run], regard.load, limits=Limits(deadline_seconds=100.0), door=Door(), journal=Journal(None)
    )
    yield found
    found.engine.stop()


def occupied(service: Service) -> threading.Event:
    """Somebody else's work: it holds the engine until the event is set."""
    over = threading.Event()
    service.engine.submit(CallTicket(lambda _: over.wait(60), 10, time.monotonic() + 100))
    return over


async def last(making: Making) -> tuple[str, Any]:
    """The last event of a trace."""
    while not making.is_over:
        await making.changed.wait()
    event, data = making.events[-1].decode().strip().split("\n")
    return event.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))


def test_what_was_accepted_ends_and_what_is_too_much_is_refused(service: Service) -> None:
    async def scene() -> None:
        traces, over = Traces(service), occupied(service)
        begun = [traces.begin(TraceRequest(text="one")) for _ in range(service.limits.traces)]
        with pytest.raises(Problem, match="too much work waits already") as refused:
            traces.begin(TraceRequest(text="one"))
        assert refused.value.status == 429
        assert "Retry-After" in refused.value.headers()
        over.set()
        assert [(await last(each))[0] for each in begun] == ["done"] * len(begun)
        assert all(traces.whole(each.name) is each.trace for each in begun)
        assert (await last(traces.begin(TraceRequest(text="two"))))[0] == "done"

    played(scene)


def test_worked_examples_end_no_trace_in_the_making(service: Service) -> None:
    async def scene() -> None:
        traces, over = Traces(service), occupied(service)
        begun = traces.begin(TraceRequest(text=TEXT))
        toy = toy_trace(worked_example("a b", ToyMask(), seed=0))
        kept = [traces.keep(toy) for _ in range(2 * service.limits.traces)]
        over.set()
        assert (await last(begun))[0] == "done"
        assert traces.whole(begun.name).header.translation.text == "un deux trois"
        with pytest.raises(Problem, match="no longer"):
            traces.find(kept[0].name)

    played(scene)
