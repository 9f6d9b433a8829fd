"""The worked example and the textbook's claims over HTTP: what needs no model of the user's."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, cast, final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from regard.errors import InputError
from regard.lab import EXPERIMENTS, Bench, Experiment
from regard.lab.record import SHIPPED, read_record, record_path
from regard.server.answers import described, json_answer
from regard.server.body import parsed, read_body
from regard.server.journal import Journal
from regard.server.problem import Problem
from regard.server.service import Service, answered
from regard.server.ticket import CallTicket
from regard.server.traces import Traces
from regard.tracing.toy import ToyMask, worked_example
from regard.tracing.toy_trace import toy_trace

Few = Annotated[int, Field(ge=0, le=64)]


@final
class ToyRequest(BaseModel):
    """The worked example: words, and which masks are combined."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[str, Field(description="some words", max_length=500)]
    pad: Annotated[Few, Field(description="a number of pads from 0 to 64")] = 0
    causal: Annotated[bool, Field(description="true or false")] = False
    window: Annotated[Few | None, Field(description="a number of words to either side, or null")] = None
    prefix: Annotated[Few | None, Field(description="a number of words that everybody sees, or null")] = None
    segments: Annotated[list[Few] | None, Field(description="lengths of sentences, or null", max_length=64)] = None
    seed: Annotated[int, Field(description="a whole number from 0 on", ge=0, lt=1 << 31)] = 0


def example_routes(service: Service, traces: Traces, recorded: Path | None) -> APIRouter:
    """The routes; ``recorded`` is the folder of a lab, whose records are shown before those that come with Regard."""
    routes = APIRouter(tags=["learn"], prefix="/api")

    @routes.post(
        "/toy", **described("One head on some words, with the masks of your choice; it becomes a trace.", ToyRequest)
    )
    async def toy(request: Request) -> Response:
        asked = parsed(await read_body(request, service.limits), request.headers.get("content-type", ""), ToyRequest)
        return json_answer({"id": traces.keep(_toy(asked)).name})

    @routes.get("/claims", **described("The textbook's claims, with what the lab recorded of them."))
    async def claims() -> Response:
        folders = (SHIPPED,) if recorded is None else (recorded, SHIPPED)
        return json_answer([await asyncio.to_thread(_told, each, folders, service.journal) for each in EXPERIMENTS])

    @routes.post("/claims/{name}", **described("Measure a claim that needs no training, here and now."))
    async def measure(request: Request, name: str) -> Response:
        experiment = next((each for each in EXPERIMENTS if each.name == name and is_quick(each)), None)
        if experiment is None:
            raise Problem(404, "there is no claim of that name that can be measured at once")
        await read_body(request, service.limits)
        ticket = CallTicket(lambda _: _measured(experiment), 1_000, service.deadline())
        return json_answer(cast(Any, await answered(service, request, ticket)))

    return routes


def is_quick(experiment: Experiment) -> bool:
    """Whether it needs no trained network, and takes no times."""
    return not experiment.networks and experiment.name != "parallel"


def _toy(asked: ToyRequest) -> Any:
    segments = None if asked.segments is None else tuple(asked.segments)
    mask = ToyMask(pad=asked.pad, causal=asked.causal, window=asked.window, prefix=asked.prefix, segments=segments)
    try:
        return toy_trace(worked_example(asked.text, mask, seed=asked.seed))
    except InputError as error:
        raise Problem(422, str(error)[:600]) from None


def _told(experiment: Experiment, folders: Sequence[Path], journal: Journal) -> dict[str, object]:
    """What is known of a claim: the record of the first folder that has a good one."""
    told: dict[str, object] = {"name": experiment.name, "subject": experiment.subject, "live": is_quick(experiment)}
    for folder in folders:
        record = _read(record_path(folder, experiment.name), journal)
        if record is not None:
            return told | {"claims": record["claims"], "recorded": _recorded(record, is_shipped=folder == SHIPPED)}
    return told | {"claims": [], "recorded": None}


def _read(path: Path, journal: Journal) -> dict[str, Any] | None:
    """A record; none if there is none, or only a damaged one, of which the log says so."""
    if not path.exists():
        return None
    try:
        return read_record(path)
    except (InputError, OSError) as error:
        journal.write("record not read", kind=type(error).__name__, problem=str(error))
        return None


def _recorded(record: dict[str, Any], *, is_shipped: bool) -> dict[str, object]:
    """Where figures come from, and what they were made with."""
    made, hardware = record["made"], record["hardware"]
    return {
        "is_shipped": is_shipped,
        "regard": made["regard"],
        "effort": made["effort"]["name"],
        "seconds": hardware["seconds"],
        "cores": hardware["cores"],
        "processor": hardware["processor"],
    }


def _measured(experiment: Experiment) -> list[dict[str, Any]]:
    with TemporaryDirectory() as folder:
        return [asdict(claim) for claim in experiment.run(Bench(Path(folder)))]
