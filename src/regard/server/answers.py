"""Answers: JSON, and how a route describes itself in the OpenAPI document."""

from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


def described(summary: str, body: type[BaseModel] | None = None, *, status: int = 200) -> dict[str, Any]:
    """Arguments of a route: its summary, and the schema of the JSON body that it reads for itself."""
    described: dict[str, Any] = {"summary": summary, "status_code": status, "response_class": Response}
    described["responses"] = {"4XX": {"description": "what was expected, as {error, reason}"}}
    if body is not None:
        content = {"application/json": {"schema": body.model_json_schema()}}
        described["openapi_extra"] = {"requestBody": {"required": True, "content": content}}
    return described
