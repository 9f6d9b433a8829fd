"""What every request passes, and every answer: the door on the way in; headers, counters and the log on the way out.

Pure ASGI, outside the framework, so that nothing gets past it: an exception that nobody foresaw becomes an answer 500
of ours, without a trace of the request in it.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, final

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from regard.server.answers import json_answer
from regard.server.fault import fault_of
from regard.server.origin import Call, Door
from regard.server.problem import Problem, unforeseen
from regard.server.service import Service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}
"""What pages of listed origins may send; the answer to a browser that asks before it lets one call."""
TRANSLATE: Final = "/translate"
"""The route that is asked most; it is refused before its body is read while the engine is full."""
_NO_ROUTE: Final = "(none)"
CLIENT_LEFT: Final = 499
"""How the log calls an answer that nobody waited for; it is never sent."""


@final
class Gate:
    """Wraps the application."""

    def __init__(self, inner: Application, service: Service) -> None:
        self._inner, self._door, self._engine = inner, service.door, service.engine
        self._metrics, self._journal = service.metrics, service.journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        began = time.monotonic()
        answer = _Answer(send, self._door, call_of(scope))
        try:
            await self._answer(scope, receive, answer)
        finally:
            self._tell(scope, answer, time.monotonic() - began)

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            self._door.check(answer.call)
            if self._door.is_preflight(answer.call):
                await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, answer)
                return
            if scope["path"] == TRANSLATE and scope["method"] == "POST":
                self._engine.refuse_if_full()
            await self._inner(scope, receive, answer)
        except ClientDisconnect:
            answer.status = CLIENT_LEFT
        except Problem as problem:
            await answer.say(scope, receive, problem)
        except Exception as error:
            self._journal.write("bug", **fault_of(error))
            await answer.say(scope, receive, unforeseen())

    def _tell(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        is_translate = scope["path"] == TRANSLATE
        route = TRANSLATE if is_translate else getattr(scope.get("route"), "path", _NO_ROUTE)
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._metrics.requests.labels(route, method, str(answer.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        milliseconds = round(1000 * seconds, 1)
        self._journal.write("request", route=route, method=method, status=answer.status, milliseconds=milliseconds)


@final
class _Answer:
    """Sends on what the application answers, with our headers, and remembers its status."""

    def __init__(self, send: Send, door: Door, call: Call) -> None:
        self._send, self._origin = send, door.allowed_origin(call)
        self.call = call
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS, *self._listed()]}
        await self._send(message)

    async def say(self, scope: Scope, receive: Receive, problem: Problem) -> None:
        """Answers with a problem, unless an answer has begun already."""
        if self.status == 0:
            await json_answer(problem.body(), problem.status, problem.headers())(scope, receive, self)

    def _listed(self) -> list[tuple[bytes, bytes]]:
        if self._origin is None:
            return []
        return [
            (b"access-control-allow-origin", self._origin.encode()),
            (b"access-control-expose-headers", b"X-Shape"),
            (b"vary", b"Origin"),
        ]


def call_of(scope: Scope) -> Call:
    """What the door looks at. Of a header that is given twice, both count."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Call(scope["method"], scope["path"], headers)
