"""Runs a server: listens, says so, and when it is asked to end (SIGTERM, Ctrl-C) lets accepted work end first."""

import asyncio
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final, final

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from regard.errors import InputError, MachineError
from regard.lab.record import FOLDER
from regard.server.app import create_app
from regard.server.detection import Detector
from regard.server.engine import Engine
from regard.server.gate import Gate
from regard.server.hands import hands_for
from regard.server.journal import Journal, take_in_libraries
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.origin import Door
from regard.server.service import Service
from regard.server.shelf import Shelf, watch
from regard.translator import Translator

_ADVICE: Final = {
    errno.EADDRINUSE: "another program is there already. Choose another one with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address. Give one of its own with --host; 0.0.0.0 means all",
}


@final
@dataclass(frozen=True)
class Place:
    """Where a server listens and whom it lets in.

    Attributes:
        host: an IP address, or a name of one.
        port: the port.
        door: who may call: what was given, with the names that follow from ``host``.
        ip: the address itself.

    Raises:
        InputError: ``host`` is nowhere, or others could come in and there is no token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    door: Door = field(default_factory=Door)
    ip: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ip", _ip_of(self.host))
        if not ip_address(self.ip).is_loopback and self.door.token is None:
            raise InputError(
                f"listening on {self.host} lets other machines in, so a token is needed: give one with --token-file, "
                "or in the environment as REGARD_TOKEN; or listen on 127.0.0.1"
            )
        object.__setattr__(self, "door", replace(self.door, hosts=(*self.door.hosts, *self._names())))

    @property
    def address(self) -> str:
        """What a browser on this machine opens; what means all addresses is none that can be called."""
        loopback = "::1" if ":" in self.ip else "127.0.0.1"
        return f"http://{_in_url(loopback if self.is_everywhere else self.host)}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens on all addresses of this machine."""
        return ip_address(self.ip).is_unspecified

    def __str__(self) -> str:
        """Where it listens, for whoever starts it."""
        return self.address + (", and on all other addresses of this machine" if self.is_everywhere else "")

    def _names(self) -> tuple[str, ...]:
        """What stands in a Host header of those who open the address, loopback names left aside.

        A browser spells out an address that was shortened, which makes it the IP address; and no client sends a zone.
        """
        if self.is_everywhere:
            return ()
        return tuple(_in_url(each.partition("%")[0]) for each in (self.host, self.ip))


def open_service(
    folders: Sequence[Path],
    load: Callable[[Path], Translator],
    *,
    limits: Limits,
    door: Door,
    journal: Journal,
    lab: Path | None = None,
    processes: int | None = 0,
) -> Service:
    """Loads the models and starts the engine.

    ``processes`` translate beside this one, as many as there are cores for None; with 0 this one does it itself.

    Raises:
        BundleError: a folder holds no model.
        InputError: ``lab`` holds no records.
    """
    if lab is not None and not (lab / FOLDER).is_dir():
        raise InputError(
            f"{lab} holds no records of a lab: it has no folder {FOLDER}; `regard lab run --out {lab}` makes one"
        )
    metrics = Metrics()
    shelf = Shelf(folders, load, metrics, journal)
    detector = Detector(shelf.languages)
    engine = Engine(limits, metrics, journal, hands_for(shelf, load, limits, processes))
    return Service(limits, door, shelf, engine, detector, metrics, journal, lab)


def serve(service: Service, place: Place, *, announce: Callable[[str], None]) -> None:
    """Answers requests until a signal comes; returns when all accepted work has ended.

    Raises:
        MachineError: nobody can listen there.
    """
    stop = threading.Event()
    try:
        _refuse_taken(place)
        take_in_libraries(service.journal)
        watch(service.shelf, stop)
        asyncio.run(_served(service, place, create_app(service), announce))
    finally:
        stop.set()
        service.engine.stop()


async def _served(service: Service, place: Place, app: Gate, announce: Callable[[str], None]) -> None:
    logging.getLogger("_granian").setLevel(logging.ERROR)
    server = Server(
        app,
        place.ip,
        place.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=1024,
        backpressure=_connections(service.limits),
        http1_settings=HTTP1Settings(header_read_timeout=int(1000 * service.limits.header_seconds)),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:  # nohup
            continue
        loop.add_signal_handler(number, lambda: loop.create_task(_drained(service, server)))
    server.on_startup(lambda: announce(str(place)))  # after it has bound its socket
    await server.serve()


def _connections(limits: Limits) -> int:
    """As many as the limit says, but no more than the system lets this process open."""
    try:
        import resource
    except ImportError:  # not on this system
        return limits.connections
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits.connections if most == resource.RLIM_INFINITY else max(1, min(limits.connections, most - 200))


async def _drained(service: Service, server: Server) -> None:
    """Accepts nothing more, waits for what was accepted, then stops."""
    service.engine.close()
    service.journal.write("draining")
    for _ in range(int(service.limits.drain_seconds / 0.05)):
        if service.engine.is_idle:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)  # the last answers are on their way
    server.stop()  # type: ignore[no-untyped-call]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ip_of(host: str) -> str:
    """The address of a name: of several an IPv4 one, which is what the server listens on if nothing is said."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # unknown; or what could be no name
        raise InputError(
            f"{host!r} is neither an IP address nor a name that this machine knows; give 127.0.0.1 with --host, or "
            "0.0.0.0 to let other machines in"
        ) from None
    return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])


def _refuse_taken(place: Place) -> None:
    family = socket.AF_INET6 if ":" in place.ip else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.ip, place.port))
        except OSError as error:
            otherwise = f"{error.strerror or error}. Choose another one with --host or --port"
            advice = _ADVICE.get(error.errno or 0, otherwise)
            raise MachineError(f"cannot listen on {place.host}:{place.port}: {advice}") from None
