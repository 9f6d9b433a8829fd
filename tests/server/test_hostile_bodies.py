"""More than three hundred bodies that somebody might send to do harm: none is answered with an error of the server."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

ROUTES = ("/translate", "/detect", "/api/traces")
_GOOD = {
    "/translate": {"q": "one", "source": "en", "target": "fr"},
    "/detect": {"q": "one"},
    "/api/traces": {"text": "one"},
}

# What stands in the place of a value: written as JSON, or as something that only looks like it.
_VALUES = [
    b"null", b"true", b"0", b"-1", b"1e999", b"NaN", b"Infinity", b"-0", b"1" * 400, b"[]", b"{}", b'""',
    b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\u0000"', b'"\x00"', b'"\xff\xfe"', b'"\xc0\xaf"', b'"\xed\xa0\x80"',
    b'"\\u202e"', b'"\xef\xb7\xba"', b'"' + "ﷺ".encode() * 3000 + b'"', b'"' + b"a" * 60_000 + b'"',
    b'"' + "👩‍👩‍👧".encode() * 500 + b'"', b"[" * 5000 + b"]" * 5000, b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b'[null]', b'["a", 1]', b'[["a"]]', b'{"$ne": 1}', b'"../../etc/passwd"', b'"http://127.0.0.1/"', b'"</script>"',
    b'"%s%n%x"', b'"\x1b[2J"', b"\"'; DROP TABLE x; --\"", b"'single'", b"undefined", b"0x10", b"01", b"+1",
    b".5", b'"\\x41"',
    b'"open', b'"a" "b"', b"//comment\n1", b'"' + b"\\u0041" * 9000 + b'"', b'"' + b"\\n" * 3000 + b'"',
    json.dumps("▁" * 200).encode(), json.dumps("</s><s>⟨pad⟩").encode(), json.dumps("e\u0301" * 2000).encode(),
]  # fmt: skip
_WHOLE = [
    b"", b" ", b"null", b"[]", b'"text"', b"1", b"{", b"}", b"{}{}", b"\xef\xbb\xbf{}", b"{\x00}",
    b"\xff\xfe{\x00}\x00",
    b'{"q":"a","q":"b","target":"fr","text":"a"}', b"[" * 100_000, b'{"":"' + b"x" * 1000 + b'"}',
    b"{" + b",".join(b'"k%d":1' % n for n in range(5000)) + b"}", b"PK\x03\x04", b"<xml/>", b"q=one&target=fr",
]  # fmt: skip
_KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "x" * 3000,
]


def hostile(route: str) -> Iterator[tuple[bytes, str]]:
    """Bodies with their content types."""
    for field in _GOOD[route]:
        for value in _VALUES:
            others = b"".join(
                b', "%s": %s' % (k.encode(), json.dumps(v).encode()) for k, v in _GOOD[route].items() if k != field
            )
            yield b'{"%s": %s%s}' % (field.encode(), value, others), _KINDS[0]
    for whole in _WHOLE:
        for kind in _KINDS:
            yield whole, kind


def test_there_are_enough() -> None:
    assert sum(len(list(hostile(route))) for route in ROUTES) >= 700


@pytest.mark.guarantee(
    "more than 300 hostile bodies are answered, none with a 5xx, each within 4 kB, and the server goes on",
    area="serving",
    control="test_a_bug_would_be_seen",
    reported="FastAPI answers 500 to 8 of 22 hostile JSON bodies",
)
@pytest.mark.parametrize("route", ROUTES)
def test_no_body_makes_the_server_fall_over(server: Any, route: str) -> None:
    wrong = []
    for body, kind in hostile(route):
        answer = server.ask("POST", route, body, {"Content-Type": kind})
        large = len(answer.body) > 4096 and answer.status != 200
        if answer.status >= 500 or large or (answer.status >= 400 and "error" not in json.loads(answer.body)):
            wrong.append((answer.status, len(answer.body), kind[:40], body[:80]))
    assert wrong == []
    assert server.get("/health").status == 200


def test_what_was_sent_is_never_sent_back_in_an_error(server: Any) -> None:
    mark = "<marked-by-the-test>"
    for route in ROUTES:
        for body in (
            {mark: 1},
            {"q": {mark: mark}, "text": [mark]},
            {"q": "one", "text": "one", "target": mark, mark: mark},
        ):
            answer = server.post(route, body)
            assert answer.status in (400, 422)
            assert mark.encode() not in answer.body


def test_a_bug_would_be_seen() -> None:
    """An error that nobody foresaw is answered with 500, which the test above would count."""
    from regard.server.gate import Gate
    from regard.server.journal import Journal
    from regard.server.metrics import Metrics
    from regard.server.origin import Door
    from regard.server.service import Service

    async def broken(*_: object) -> None:
        raise KeyError("what somebody wrote")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    service = object.__new__(Service)
    for name, value in {"door": Door(), "engine": None, "metrics": Metrics(), "journal": Journal(None)}.items():
        object.__setattr__(service, name, value)
    gate: Any = Gate(broken, service)
    thread = threading.Thread(target=lambda: asyncio.run(gate(scope, None, send)))  # a browser may hold this one's loop
    thread.start()
    thread.join()
    assert sent[0]["status"] == 500
    assert b"what somebody wrote" not in sent[1]["body"]
