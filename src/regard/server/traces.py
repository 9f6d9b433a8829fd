"""Traces over HTTP: asked for, watched while they are made, read head by head, taken away as a file.

A trace is made in the engine, alone. Its steps are told as server-sent events, from the very run that is recorded.
Who stops listening before it is done stops the run at its next step.
"""

import asyncio
import secrets
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from regard.server.answers import described, json_answer
from regard.server.body import parsed, read_body
from regard.server.problem import Problem, problem_of
from regard.server.service import Service
from regard.server.shelf import Served
from regard.server.ticket import Abandoned, CallTicket
from regard.server.trace_request import TraceRequest, TraceRun
from regard.tracing import LiveStep, Trace
from regard.tracing.header import AXES
from regard.tracing.report_data import thumbnails

BYTES: Final = "application/octet-stream"


@final
@dataclass(eq=False)
class Making:
    """A trace that is being made, or has been.

    Attributes:
        name: what it is called in addresses.
        events: what was told so far, as lines of a stream of server-sent events.
        changed: set and replaced whenever something is told.
        ticket: its place in the engine.
        trace: the trace, once it is whole.
        is_over: whether nothing more will be told.
        num_listeners: who is listening now.
    """

    name: str
    events: list[bytes] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ticket: CallTicket | None = None
    trace: Trace | None = None
    is_over: bool = False
    num_listeners: int = 0

    def tell(self, event: str, value: object, *, is_over: bool = False) -> None:
        """Adds an event; only in the server's own thread."""
        self.events.append(b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(value)))
        self.is_over = self.is_over or is_over
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


@final
class Traces:
    """The traces of one server: those that wait or are being made, and the newest few that are over."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[str, Making] = OrderedDict()

    def begin(self, asked: TraceRequest) -> Making:
        """Puts a trace into the engine's queue.

        Raises:
            Problem: there is no such model, what is asked for is too long or impossible, or too much waits.
        """
        run = TraceRun(self._chosen(asked), asked, self._service.limits.trace_tokens)
        if sum(not each.is_over for each in self._kept.values()) >= self._service.limits.traces:
            raise self._service.engine.refusal()
        making = Making(secrets.token_urlsafe(12))
        loop = asyncio.get_running_loop()

        def tell(step: LiveStep) -> None:
            loop.call_soon_threadsafe(making.tell, "step", _step(step))

        making.ticket = CallTicket(lambda is_dead: _made(run, tell, is_dead), run.cost, self._service.deadline())
        self._service.engine.submit(making.ticket)
        self._kept[making.name] = making
        making.ticket.future.add_done_callback(lambda _: self._end(making))
        return making

    def keep(self, trace: Trace) -> Making:
        """Keeps a trace that is there already."""
        making = Making(secrets.token_urlsafe(12), trace=trace)
        making.tell("done", {"trace": f"/api/traces/{making.name}"}, is_over=True)
        self._kept[making.name] = making
        self._make_room()
        return making

    def find(self, name: str) -> Making:
        """A trace by its name.

        Raises:
            Problem: there is none, or no longer.
        """
        if name not in self._kept:
            raise Problem(404, "there is no such trace, or no longer; ask for it again")
        self._kept.move_to_end(name)
        return self._kept[name]

    def whole(self, name: str) -> Trace:
        """A trace that is done.

        Raises:
            Problem: there is none, or it is not done.
        """
        making = self.find(name)
        if making.trace is None:
            raise Problem(409, "this trace is not whole; listen to its events until it is done")
        return making.trace

    def stop(self, making: Making) -> None:
        """Ends the making of a trace at its next step."""
        if making.ticket is not None and not making.ticket.future.done():
            self._service.engine.abandon(making.ticket)

    def _chosen(self, asked: TraceRequest) -> Served:
        found = self._service.shelf.find(None, None, asked.model)
        if found is None:
            names = ", ".join(each.name for each in self._service.shelf.models)
            raise Problem(404, f"there is no such model here; served are: {names}")
        return found

    def _make_room(self) -> None:
        """Lets go of the oldest that are over; what waits or is being made was accepted, and stays."""
        over = [each.name for each in self._kept.values() if each.is_over]
        for name in over[: -self._service.limits.traces]:
            del self._kept[name]

    def _end(self, making: Making) -> None:
        assert making.ticket is not None
        future = making.ticket.future
        if future.cancelled():
            stopped = {"error": "stopped", "reason": "stopped"}
            making.tell("failed", self._service.too_late().body() if making.ticket.is_late else stopped, is_over=True)
        elif (error := future.exception()) is not None:
            making.tell("failed", problem_of(error).body(), is_over=True)
        else:
            making.trace = future.result()
            making.tell("done", {"trace": f"/api/traces/{making.name}"}, is_over=True)
        self._kept.move_to_end(making.name)  # of those that are over it is the newest, however long ago it began
        self._make_room()


def trace_routes(service: Service, traces: Traces) -> APIRouter:
    """The routes of traces."""
    routes = APIRouter(tags=["look"], prefix="/api/traces")

    @routes.post("", **described("Translate a sentence and record every attention.", TraceRequest, status=202))
    async def begin(request: Request) -> Response:
        body = await read_body(request, service.limits)
        asked = parsed(body, request.headers.get("content-type", ""), TraceRequest)
        name = traces.begin(asked).name
        return json_answer({"id": name, "events": f"/api/traces/{name}/events", "trace": f"/api/traces/{name}"}, 202)

    @routes.get(
        "/{name}/events", **described("The steps as they are taken, as server-sent events, then done or failed.")
    )
    async def events(name: str) -> Response:
        making = traces.find(name)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_heard(traces, making), media_type="text/event-stream", headers=headers)

    @routes.delete("/{name}", **described("Stop making a trace.", status=204))
    async def stop(name: str) -> Response:
        traces.stop(traces.find(name))
        return Response(status_code=204)

    @routes.get("/{name}", **described("The trace without its tensors: trace.json of a *.trace.zip."))
    async def header(name: str) -> Response:
        return Response(traces.whole(name).header.model_dump_json(), media_type="application/json")

    @routes.get("/{name}/masks/{mask}", **described("The codes of a mask, a byte per cell, in the order of its axes."))
    async def mask(name: str, mask: str) -> Response:
        trace = traces.whole(name)
        if mask not in trace.header.masks:
            raise Problem(404, "there is no such mask in this trace; its header names them")
        return Response(trace.tensors[f"masks/{mask}"].tobytes(), media_type=BYTES)

    @routes.get(
        "/{name}/thumbnails/{key}", **described("Small pictures of all heads' weights, 0 to 255, a byte per cell.")
    )
    async def pictures(name: str, key: str) -> Response:
        trace = traces.whole(name)
        small = thumbnails(trace.tensor(_attention(trace, key), "weights"))
        shape = {"X-Shape": ",".join(map(str, small.shape))}
        return Response(small.tobytes(), media_type=BYTES, headers=shape)

    @routes.get("/{name}/tensors/{key}/{head}", **described(f"One head as little-endian float32: {', '.join(AXES)}."))
    async def tensors(name: str, key: str, head: int) -> Response:
        trace = traces.whole(name)
        attention = _attention(trace, key)
        if not 0 <= head < attention.num_heads:
            raise Problem(404, f"this attention has heads 0 to {attention.num_heads - 1}")
        parts = (trace.tensor(attention, each)[head].astype("<f4", copy=False).tobytes() for each in AXES)
        return Response(b"".join(parts), media_type=BYTES)

    @routes.get(
        "/{name}/export/{form}", **described("The trace as a file: a *.trace.zip, or a page that needs nothing else.")
    )
    async def export(name: str, form: Literal["zip", "html"]) -> Response:
        return await asyncio.to_thread(_exported, traces.whole(name), form)

    return routes


def _made(run: TraceRun, tell: Callable[[LiveStep], None], is_dead: Callable[[], bool]) -> Trace:
    def on_step(step: LiveStep) -> None:
        if is_dead():
            raise Abandoned
        tell(step)

    return run.trace(on_step)


def _step(step: LiveStep) -> dict[str, object]:
    return {
        "place": step.place,
        "text": step.text,
        "top": [{"piece": each.piece, "probability": each.probability} for each in step.top],
        "entropy": step.entropy,
        "milliseconds": step.milliseconds,
    }


async def _heard(traces: Traces, making: Making) -> AsyncIterator[bytes]:
    """All events from the first on, then new ones. When the last listener leaves too soon, the making is stopped."""
    making.num_listeners += 1
    told = 0
    try:
        while True:
            while told < len(making.events):
                told += 1
                yield making.events[told - 1]
            if making.is_over:
                return
            await making.changed.wait()
    finally:
        making.num_listeners -= 1
        if not making.num_listeners and not making.is_over:
            traces.stop(making)


def _attention(trace: Trace, key: str) -> Any:
    for each in trace.attentions:
        if each.key == key:
            return each
    raise Problem(404, "there is no such attention in this trace; its header names them")


def _exported(trace: Trace, form: Literal["zip", "html"]) -> Response:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"trace.{form}"
        if form == "zip":
            trace.save(path)
        else:
            trace.to_html(path)
        body = path.read_bytes()
    name, kind = (
        ("regard.trace.zip", "application/zip") if form == "zip" else ("regard.html", "text/html; charset=utf-8")
    )
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
