"""A server under test: started, asked, watched, ended. Everything stays on this machine."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What came back of one request: its status (0: nothing came), and how long that took."""

    status: int
    seconds: float
    body: bytes = b""


@dataclass(frozen=True)
class UnderTest:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def rss_bytes(self) -> int:
        """Its resident memory now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def threads_and_files(self) -> tuple[int, int]:
        """How many threads it runs, and how many files and sockets it holds open."""
        process = Path(f"/proc/{self.process.pid}")
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))

    def cpu_seconds(self) -> float:
        """Processor time it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    return Reply(status, time.perf_counter() - began, body)


def request_bytes(method: str, path: str, value: Any = None) -> bytes:
    """A request as it goes over the wire; the connection is closed after its answer."""
    body = b"" if value is None else json.dumps(value).encode()
    kind = "" if value is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}\r\n".encode() + body


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
