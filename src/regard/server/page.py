"""The page: its files, read once, sent with their own content types, without comments and indentation.

The modules of ``regard.picture`` and those of this room lie in one folder of addresses, so that they import each other
as the report's do. No path comes from a client: an address either is one of the names found at the start, or nothing.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from regard import picture
from regard.server.problem import Problem

INDEX: Final = "index.html"
REPORT_ONLY: Final = ("embedded.js", "report.js")
_TYPES: Final[Mapping[str, str]] = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_JS_COMMENT: Final = re.compile(r"^\s*(?://.*|/\*\*[^\n]*\*/)\n", re.MULTILINE)
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/\n*", re.DOTALL)
_INDENT: Final = re.compile(r"^[ \t]+|\n(?=\n)", re.MULTILINE)


@final
@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent, and the same compressed."""

    content_type: str
    body: bytes
    compressed: bytes

    @property
    def tag(self) -> str:
        """Its entity tag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


def page_files() -> dict[str, PageFile]:
    """Everything the page is made of, by name."""
    own = {entry.name: entry.read_text(encoding="utf-8") for entry in (files(__package__) / "page").iterdir()}
    shared = {name: picture.read_file(name) for name in (*picture.scripts(), picture.STYLE) if name not in REPORT_ONLY}
    return {name: _sent(name, text) for name, text in {**shared, **own}.items()}


def page_routes() -> APIRouter:
    """The routes of the page."""
    routes, found = APIRouter(include_in_schema=False), page_files()

    @routes.get("/")
    async def index(request: Request) -> Response:
        return _answer(request, found[INDEX])

    @routes.get("/page/{name}")
    async def file(request: Request, name: str) -> Response:
        if name not in found:
            raise Problem(404, "there is no such part of the page")
        return _answer(request, found[name])

    return routes


def _answer(request: Request, file: PageFile) -> Response:
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.compressed, headers=headers, media_type=file.content_type)
    return Response(file.body, headers=headers, media_type=file.content_type)


def _sent(name: str, text: str) -> PageFile:
    """Comments and indentation are for whoever reads the sources; no template literal there holds a line end."""
    kind = name.rpartition(".")[2]
    if kind == "js":
        text = _INDENT.sub("", _JS_COMMENT.sub("", text))
    elif kind == "css":
        text = _INDENT.sub("", _CSS_COMMENT.sub("", text))
    return PageFile(_TYPES[kind], text.encode(), gzip.compress(text.encode(), mtime=0))
