"""``/docs``: the routes on one page, written from the OpenAPI document, without a script and without another server."""

import html
import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, Response

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Regard · HTTP</title>
<link rel="stylesheet" href="/page/docs.css"></head>
<body><main><h1>Regard over HTTP</h1><p>{description}</p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a>. The page: <a href="/">translate and look</a>.</p>
{routes}
</main></body></html>
"""


def documentation_routes(app: FastAPI) -> APIRouter:
    """The page for people."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def documentation() -> Response:
        return HTMLResponse(documentation_page(app.openapi()))

    return routes


def documentation_page(document: dict[str, Any]) -> str:
    """An OpenAPI document as HTML."""
    routes = "\n".join(_sections(document))
    return _PAGE.format(description=html.escape(document["info"]["description"]), routes=routes)


def _sections(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            yield f"<section><h2><code>{method.upper()} {html.escape(path)}</code></h2>"
            yield f"<p>{html.escape(facts.get('summary', ''))}</p>{_body(facts)}</section>"


def _body(facts: dict[str, Any]) -> str:
    content = facts.get("requestBody", {}).get("content", {})
    fields = content.get("application/json", {}).get("schema", {})
    rows = "".join(_row(name, field, name in fields.get("required", ())) for name, field in _fields(fields))
    if not rows:
        return ""
    head = '<tr><th scope="col">field</th><th scope="col">what it is</th><th scope="col">if left out</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema.get("properties", {}).items()


def _row(name: str, field: dict[str, Any], is_required: bool) -> str:
    otherwise = "required" if is_required else json.dumps(field.get("default"), ensure_ascii=False)
    cells = f"<code>{html.escape(name)}</code>", html.escape(field.get("description", "")), html.escape(otherwise)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
