"""A request's body: read within its limits of size and time, and parsed without mercy.

The JSON is strict (no NaN, no halves of surrogate pairs, one value), and what is wrong with it is said without
repeating any of it: an echo of the input is how hostile bodies turn into errors of the server.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from pydantic import BaseModel, ValidationError
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from regard.server.limits import Limits
from regard.server.origin import JSON
from regard.server.problem import Problem

ModelT = TypeVar("ModelT", bound=BaseModel)

_MOST_FIELDS = 64


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises:
        Problem: it is larger than allowed, or takes too long.
        ClientDisconnect: the client went away.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limits.body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _collected(request, limits)
    except TimeoutError:
        raise Problem(408, f"the body has to arrive within {limits.body_seconds:g} seconds") from None


async def _collected(request: Request, limits: Limits) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limits.body_bytes:
            raise _too_large(limits)
        parts.append(part)
    return b"".join(parts)


def _too_large(limits: Limits) -> Problem:
    return Problem(413, f"the body may have at most {limits.body_bytes:,} bytes; send the texts in several requests")


def parsed(body: bytes, header: str, kind: type[ModelT]) -> ModelT:
    """The body as a value of ``kind``; ``header`` is its Content-Type.

    Raises:
        Problem: it is not what it says, or not what is expected.
    """
    media, _ = parse_options_header(header)
    values = _json(body) if media.decode("latin-1") == JSON else _form(body, header)
    return validated(values, kind)


def validated(values: object, kind: type[ModelT]) -> ModelT:
    """Values as a value of ``kind``.

    Raises:
        Problem: a field is missing, unknown, or not what is expected; all of them are named.
    """
    if not isinstance(values, Mapping):
        raise Problem(422, "the body has to be a JSON object")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Problem(422, _sentence(error, kind)) from None


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "the body is not JSON (UTF-8, without NaN, Infinity or half surrogate pairs)") from None
    except RecursionError:
        raise Problem(400, "the JSON is nested too deeply") from None


def _form(body: bytes, header: str) -> dict[str, Any]:
    """The fields of a form; one that occurs several times becomes a list."""
    media, options = parse_options_header(header)
    try:
        pairs = (
            _multipart(body, options.get(b"boundary", b"")) if media == b"multipart/form-data" else _url_encoded(body)
        )
    except (FormParserError, ValueError):
        raise Problem(400, f"the form cannot be read: it has to be UTF-8, with at most {_MOST_FIELDS} fields") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _url_encoded(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def _multipart(body: bytes, boundary: bytes) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []

    def keep(field: Any) -> None:
        if len(pairs) == _MOST_FIELDS:
            raise ValueError
        pairs.append(((field.field_name or b"").decode(), (field.value or b"").decode()))

    def refuse_file(_: Any) -> None:
        raise Problem(422, "a form may not carry files here")

    parser = FormParser("multipart/form-data", keep, refuse_file, boundary=boundary)
    parser.write(body)
    parser.finalize()
    return pairs


def _sentence(error: ValidationError, kind: type[BaseModel]) -> str:
    """What is wrong with which field, in our own words: names of our fields, and no value that was sent."""
    known = set(kind.model_fields)
    told = []
    for each in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        if name not in known:
            told.append("there is a field that is not known here")
        elif each["type"] == "missing":
            told.append(f"{name} is missing")
        else:
            description = kind.model_fields[name].description
            told.append(f"{name} has to be {description}")
    expected = ", ".join(sorted(known))
    return f"{'; '.join(dict.fromkeys(told))}. The fields are: {expected}"
