"""Who may call: decided from a request's headers alone, by one pure function.

A page of another site, opened in the user's own browser, can send requests to a server on the user's machine. Three
rules keep it out. The Host header must be a name of this server (a rebound DNS name is not). A request that says it
comes from another origin is refused, unless that is listed. A body must be JSON, which no page sends elsewhere without
asking first (and only a listed one is told that it may); forms are accepted on two routes only, and only from clients
that are no browsers.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

from regard.errors import InputError
from regard.server.problem import Problem

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
FORM_ROUTES: Final = ("/translate", "/detect")
"""Routes that clients of LibreTranslate call, with forms."""

PUBLIC_ROUTES: Final = ("/", "/health", "/ready", "/docs", "/openapi.json")
"""Routes that need no token: they show nothing of anybody's text."""
PUBLIC_FOLDER: Final = "/page/"

JSON: Final = "application/json"
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_ORIGIN: Final = re.compile(r"https?://[^/?#\s]+")
_NAME: Final = re.compile(r"[^/:?#\s]+|\[[0-9a-f:.]+\]")
_SAFE_METHODS: Final = ("GET", "HEAD")
_OWN_FETCHES: Final = ("same-origin", "none")


@final
@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a request before its body is read. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@final
@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in.

    Attributes:
        hosts: names by which the server may be called, without port; besides the loopback names.
        origins: origins of other sites whose pages may call, such as ``https://wiki.example``.
        token: what a caller has to show; None where everybody may call.

    Raises:
        InputError: what is given could never be met, since it is no name, or no origin.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    token: str | None = None

    def __post_init__(self) -> None:
        for field in ("hosts", "origins"):  # browsers send both in lower case
            object.__setattr__(self, field, tuple(value.strip().lower() for value in getattr(self, field)))
        for name in self.hosts:
            if not _NAME.fullmatch(name):
                raise InputError(f"{name} is no name of a server; give it without https:// and without a port")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise InputError(
                    f"{origin} is no origin; give what comes before the path, such as https://wiki.example, with its "
                    "port if that is not the usual one"
                )

    def check(self, call: Call) -> None:
        """Lets a call pass.

        Raises:
            Problem: it may not.
        """
        self._check_host(call)
        self._check_origin(call)
        self._check_content_type(call)
        if not self.is_preflight(call):
            self._check_token(call)

    def is_preflight(self, call: Call) -> bool:
        """Whether a browser asks, before a page of a listed origin calls, what the page may send; it shows no token."""
        return call.method == "OPTIONS" and self.allowed_origin(call) is not None

    def allowed_origin(self, call: Call) -> str | None:
        """The foreign origin that the answer is to be shown to, if there is one and it is listed."""
        origin = call.headers.get("origin")
        return origin if origin in self.origins else None

    def _check_host(self, call: Call) -> None:
        name = host_name(call.headers.get("host", ""))
        if name not in LOOPBACK_NAMES and name not in self.hosts:
            raise Problem(
                403,
                "this server is not known by the name in the Host header; use 127.0.0.1 or localhost, or start it with "
                "--allow-host NAME",
            )

    def _check_origin(self, call: Call) -> None:
        origin, fetch_site = call.headers.get("origin"), call.headers.get("sec-fetch-site")
        if origin in self.origins and origin is not None:
            return
        foreign = origin is not None and origin not in _own_origins(call)
        if call.method in _SAFE_METHODS:
            # A link from elsewhere may open the page; what scripts of other sites read, the browser keeps from them.
            foreign = foreign and call.path != "/"
        elif fetch_site is not None and fetch_site not in _OWN_FETCHES:
            foreign = True
        if foreign:
            raise Problem(
                403, "pages of other sites may not call this server; start it with --allow-origin ORIGIN if they should"
            )

    def _check_content_type(self, call: Call) -> None:
        if call.method in _SAFE_METHODS or call.method in ("DELETE", "OPTIONS"):
            return
        kind = content_type(call)
        if kind == JSON:
            return
        is_browser = "origin" in call.headers or "sec-fetch-site" in call.headers
        if call.path in FORM_ROUTES and kind in FORMS and not is_browser:
            return
        raise Problem(415, f"the body has to be JSON: send it with Content-Type: {JSON}")

    def _check_token(self, call: Call) -> None:
        if self.token is None or call.path in PUBLIC_ROUTES or call.path.startswith(PUBLIC_FOLDER):
            return
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(given.strip()):
            return
        if call.path in FORM_ROUTES and "authorization" not in call.headers:
            return  # LibreTranslate's clients put it into the body; the route looks there
        raise Problem(401, "this server asks for a token; send it with Authorization: Bearer TOKEN")

    def is_token(self, given: str) -> bool:
        """Whether this is the token, compared in a time that tells nothing."""
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


def host_name(host: str) -> str:
    """The name in a Host header, without its port, in lower case; empty if it is none."""
    name, colon, port = host.strip().lower().rpartition(":")
    if colon and port.isdecimal():
        return name
    return host.strip().lower() if not colon or host.endswith("]") else ""


def content_type(call: Call) -> str:
    """The media type of the body, without its parameters."""
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def _own_origins(call: Call) -> tuple[str, ...]:
    host = call.headers.get("host", "").strip().lower()
    return f"http://{host}", f"https://{host}"
