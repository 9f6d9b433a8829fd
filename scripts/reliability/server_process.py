"""A server under test: started, asked, watched, ended. Everything stays on this machine."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final


@dataclass(frozen=True)
class Reply:
    """What came back of one request: its status (0: nothing came), how long that took, and when it was there."""

    status: int
    seconds: float
    ended: float
    body: bytes = b""


@dataclass(frozen=True)
class UnderTest:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def rss_bytes(self) -> int:
        """Resident memory now: its own, and what its processes do not share with it."""
        return sum(_memory_of(process) for process in (self.process.pid, *self._children()))

    def _children(self) -> list[int]:
        folder = Path(f"/proc/{self.process.pid}/task")
        return [int(child) for task in folder.iterdir() for child in (task / "children").read_text("ascii").split()]

    def threads_and_files(self) -> tuple[int, int]:
        """How many threads it runs, and how many files and sockets it holds open."""
        process = Path(f"/proc/{self.process.pid}")
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))


def _memory_of(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def running(*models: Path, options: tuple[str, ...] = ()) -> Iterator[UnderTest]:
    """A server on a free port of the loopback, ended on the way out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "regard", "serve", *map(str, models), "--port", str(port), "--quiet", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        if "listens" not in process.stdout.readline():
            raise SystemExit("the server did not start")
        found = UnderTest(process, port)
        asyncio.run(_until_ready(found))
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        process.stdout.close()


async def _until_ready(server: UnderTest) -> None:
    for _ in range(100):
        if (await ask(server, "GET", "/ready")).status == 200:
            return
        await asyncio.sleep(0.05)
    raise SystemExit("the server does not answer")


async def ask(server: UnderTest, method: str, path: str, value: Any = None, *, seconds: float = 60.0) -> Reply:
    """One request on a connection of its own."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            status, body = await _exchange(server.port, request_bytes(method, path, value))
    except (TimeoutError, OSError, asyncio.IncompleteReadError):
        status, body = 0, b""
    ended = time.perf_counter()
    return Reply(status, ended - began, ended, body)


@final
class Connections:
    """Connections that are kept and used again, as programs do: one that is free, else a new one.

    Whoever measures runs on the cores of what is measured, so this is as plain as it can be: 60 microseconds a request.
    """

    def __init__(self, server: UnderTest) -> None:
        self._port = server.port
        self._free: list[_Connection] = []

    async def open(self, count: int) -> None:
        """Opens so many, one after the other: thousands at once would wait for the system, not for the server."""
        for _ in range(count):
            self._free.append(await self._opened())

    async def ask(self, path: str, value: Any) -> Reply:
        """Posts a value."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(60):
                status, body = await self._exchange(request_bytes("POST", path, value, is_last=False))
        except (TimeoutError, OSError):
            status, body = 0, b""
        ended = time.perf_counter()
        return Reply(status, ended - began, ended, body)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        while self._free and self._free[-1].is_closed:
            self._free.pop()
        connection = self._free.pop() if self._free else await self._opened()
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    async def _opened(self) -> "_Connection":
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self._port)
        return connection

    def close(self) -> None:
        """Closes them all."""
        for connection in self._free:
            connection.close()


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._data = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.is_closed = False

    def ask(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        self._data, self._answer = b"", asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if end and self._answer is not None and not self._answer.done():
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(body) >= length:
                self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def close(self) -> None:
        self._transport.close()


def request_bytes(method: str, path: str, value: Any = None, *, is_last: bool = True) -> bytes:
    """A request as it goes over the wire; the connection is closed after the answer to the last one."""
    body = b"" if value is None else json.dumps(value).encode()
    kind = "" if value is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    kept = "close" if is_last else "keep-alive"
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {kept}\r\n{kind}\r\n".encode() + body


async def _exchange(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    if not answer.startswith(b"HTTP/1.1 "):
        raise ConnectionResetError
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), body
