"""A server under test: started, asked, watched, ended. Everything stays on this machine."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


Told = Callable[[Reply], None]
"""Who hears of a reply."""


@dataclass(frozen=True)
class UnderTest:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def memory_bytes(self) -> int:
        """Memory of the server and its processes now, what they share counted once.

        Without the pages of files, such as libraries: how many of them it holds depends on who else runs.
        """
        return sum(_memory_of(process) for process in (self.process.pid, *self._children()))

    def _children(self) -> list[int]:
        folder = Path(f"/proc/{self.process.pid}/task")
        return [int(child) for task in folder.iterdir() for child in (task / "children").read_text("ascii").split()]

    def threads_and_files(self) -> tuple[int, int]:
        """How many threads it runs, and how many files and sockets it holds open."""
        process = Path(f"/proc/{self.process.pid}")
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))


def _memory_of(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return 1024 * sum(kilobytes[name] for name in ("Pss_Anon", "Pss_Shmem", "SwapPss"))


@contextmanager
def running(
    *models: Path, options: tuple[str, ...] = (), program: tuple[str, ...] = (sys.executable, "-m", "regard")
) -> Iterator[UnderTest]:
    """A server on a free port of the loopback, ended on the way out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*program, "serve", *map(str, models), "--port", str(port), "--quiet", *options]
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

    Whoever measures runs on the cores of what is measured, so this is as plain as it can be: no task per request.
    """

    def __init__(self, server: UnderTest) -> None:
        self._port = server.port
        self._free: list[_Connection] = []
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> None:
        """Opens so many, one after the other: thousands at once would wait for the system, not for the server."""
        for _ in range(count):
            self._free.append(await self._opened())

    def begin(self, request: bytes, told: Told) -> None:
        """Sends a request; ``told`` is called with its reply."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed:
                connection.begin(request, told)
                return
        task = asyncio.ensure_future(self._begin_on_a_new_one(request, told))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def ask(self, path: str, value: Any) -> Reply:
        """Posts a value."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.begin(request_bytes("POST", path, value, is_last=False), reply.set_result)
        return await reply

    async def _begin_on_a_new_one(self, request: bytes, told: Told) -> None:
        began = time.perf_counter()
        try:
            (await self._opened()).begin(request, told)
        except OSError:
            ended = time.perf_counter()
            told(Reply(0, ended - began, ended))

    async def _opened(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: _Connection(self._free), "127.0.0.1", self._port)
        return connection

    def close(self) -> None:
        """Closes them all."""
        for connection in self._free:
            connection.close()


class _Connection(asyncio.Protocol):
    """One request at a time; afterwards it is among the free ones again."""

    def __init__(self, free: "list[_Connection]") -> None:
        self._free = free
        self._told: Told | None = None
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def begin(self, request: bytes, told: Told) -> None:
        self._data, self._told, self._began = b"", told, time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._end(int(head[9:12]), body)
            self._free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        self._end(0, b"")

    def close(self) -> None:
        self._transport.close()

    def _end(self, status: int, body: bytes) -> None:
        told, self._told = self._told, None
        if told is not None:
            ended = time.perf_counter()
            told(Reply(status, ended - self._began, ended, body))


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
