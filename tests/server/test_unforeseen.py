"""What nobody foresaw is answered as everything else that is wrong, with a reason; kind and place are logged."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import regard
from regard.lab import EXPERIMENTS
from regard.lab.record import record_path
from regard.server import Door, Limits, open_service
from regard.server.app import create_app
from regard.server.journal import Journal
from regard.server.service import Service

TEXT = "what somebody wrote"


@pytest.fixture
def service(tiny_run: Path, log: Any, tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "claims").mkdir()
    opened = open_service(
        [tiny_run], regard.load, limits=Limits(), door=Door(), journal=Journal(log), lab=tmp_path, processes=0
    )
    yield opened
    opened.engine.stop()


def got(service: Service, path: str) -> tuple[int, Any]:
    """The status of a GET, and its JSON."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def scene() -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }
        await create_app(service)(scope, nothing, send)

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may hold this one's loop
        pool.submit(lambda: asyncio.run(scene())).result(timeout=60)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def fail(*_: object) -> Any:
    raise KeyError(TEXT)


def test_an_error_in_any_route_is_answered_with_a_reason(
    service: Service, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.metrics, "text", fail)
    status, told = got(service, "/metrics")
    assert (status, told["reason"]) == (500, "a bug of the server")
    assert "its log names the place" in told["error"]
    bug, request = log.events()
    place = f"{Path(__file__).name}:{fail.__code__.co_firstlineno + 1}"
    assert (bug["event"], bug["kind"]) == ("bug", "KeyError")
    assert bug["where"].endswith(place)
    assert request["status"] == 500
    assert TEXT not in log.getvalue()


@pytest.mark.parametrize("content", [b"{}", b"", b"{", b"\xff", b"[]", None], ids=repr)
def test_a_damaged_record_gives_way_to_the_one_that_comes_with_the_package(
    service: Service, log: Any, tmp_path: Path, content: bytes | None
) -> None:
    path = record_path(tmp_path, "mask")
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    status, told = got(service, "/api/claims")
    assert status == 200
    assert len(told) == len(EXPERIMENTS)
    mask = next(each for each in told if each["name"] == "mask")
    assert mask["claims"]
    assert mask["recorded"]["is_shipped"] is True
    said, _ = log.events()
    assert said["event"] == "record not read"
    assert str(path) in said["problem"]
