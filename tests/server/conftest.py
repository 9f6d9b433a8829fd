"""A real server in a process of its own, and a small client that sees every byte."""

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, final

import pytest

JSON = {"Content-Type": "application/json"}


@final
@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@final
class Running:
    """A server that was started by a test."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        """One request; a value that is no bytes is sent as JSON."""
        sent = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            kind = {} if body is None else JSON
            connection.request(method, path, body=sent, headers=kind | (headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, body: object, **headers: str) -> Answer:
        return self.ask("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def open_socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks it to go, and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def events(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def start(folder: Path, *models: Path, options: tuple[str, ...] = (), **environment: str) -> Running:
    """Starts a server with its log in ``folder`` and waits until it listens."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log.jsonl"
    command = [
        sys.executable,
        "-m",
        "regard",
        "serve",
        *map(str, models),
        "--port",
        str(port),
        "--threads",
        "1",
        *options,
    ]
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | environment
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    running = Running(process, port, log)
    if not re.search(r"listens on http", line):
        process.kill()
        pytest.fail(f"the server did not start: {line}{log.read_text(encoding='utf-8')[-2000:]}")
    until_ready(running)
    return running


def until_ready(running: Running) -> None:
    """Waits until it answers."""
    for _ in range(200):
        try:
            if running.get("/ready").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server does not answer")


@pytest.fixture(scope="session")
def server(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of the tiny model, shared by all tests of a worker; they leave it as it was."""
    running = start(tmp_path_factory.mktemp("server"), tiny_run)
    yield running
    running.stop()
    assert running.process.stdout is not None
    running.process.stdout.close()


@final
class Log(io.StringIO, TextIO):
    """A stream that a journal may write to."""

    def events(self) -> list[dict[str, Any]]:
        """What was written so far."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def log() -> Log:
    """The log of a server that runs in the test itself."""
    return Log()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Any]:
    """Starts servers that are a test's own, and ends those that it leaves running."""
    started: list[Running] = []

    def begin(*models: Path, options: tuple[str, ...] = (), **environment: str) -> Running:
        started.append(start(tmp_path / f"server-{len(started)}", *models, options=options, **environment))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop()
        assert running.process.stdout is not None
        running.process.stdout.close()
