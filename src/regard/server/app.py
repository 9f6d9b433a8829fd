"""The application: routes behind the gate."""

from collections.abc import Awaitable, Callable
from typing import final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from regard.server.answers import json_answer
from regard.server.documentation import documentation_routes
from regard.server.examples import example_routes
from regard.server.gate import TRANSLATE, Gate, Receive, Scope, Send
from regard.server.operations import operation_routes
from regard.server.page import page_routes
from regard.server.problem import REASONS, Problem, unforeseen
from regard.server.service import Service
from regard.server.traces import Traces, trace_routes
from regard.server.translate import translation_routes
from regard.version import __version__

DESCRIPTION = (
    "Translates, and shows every step of attention. /translate, /detect and /languages are LibreTranslate's. "
    "Everything that goes wrong is answered as {error, reason}."
)


def create_app(service: Service) -> Gate:
    """The whole application of a service, to be run by an ASGI server."""
    app = FastAPI(
        title="Regard",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    translating = translation_routes(service)
    app.include_router(translating)
    app.include_router(operation_routes(service))
    traces = Traces(service)
    app.include_router(trace_routes(service, traces))
    app.include_router(example_routes(service, traces, service.lab))
    app.include_router(page_routes())
    app.include_router(documentation_routes(app))
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unexpected)
    app.add_exception_handler(Exception, _bug)
    return Gate(_Direct(app, TRANSLATE, _endpoint(translating, TRANSLATE)), service)


@final
class _Direct:
    """Calls the busiest route's function itself: the framework's way there costs as much as a short translation."""

    def __init__(self, app: FastAPI, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        self._app, self._path, self._endpoint = app, path, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        answer = await self._endpoint(Request(scope, receive))
        await answer(scope, receive, send)


def _endpoint(routes: APIRouter, path: str) -> Callable[[Request], Awaitable[Response]]:
    found: Callable[[Request], Awaitable[Response]] = next(
        route.endpoint for route in routes.routes if isinstance(route, APIRoute) and route.path == path
    )
    return found


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return json_answer(error.body(), error.status, error.headers())


async def _refused(_: Request, error: Exception) -> Response:
    """What the framework refuses: no such route, or another method."""
    assert isinstance(error, HTTPException)
    sentences = {
        404: "there is nothing at this address; /docs lists what there is",
        405: "use another method; see /docs",
    }
    status = error.status_code if error.status_code in REASONS else 400
    problem = Problem(status, sentences.get(status, "this request cannot be answered; see /docs"))
    return json_answer(problem.body(), status, dict(error.headers or {}))


async def _unexpected(_: Request, __: Exception) -> Response:
    """A part of the address is not what is expected there."""
    problem = Problem(422, "a part of the address is not what is expected there; see /docs")
    return json_answer(problem.body(), problem.status)


async def _bug(_: Request, __: Exception) -> Response:
    """What nobody foresaw: the framework answers before it lets the error go on to the gate, which writes it down."""
    problem = unforeseen()
    return json_answer(problem.body(), problem.status)
