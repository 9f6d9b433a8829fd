"""A real server asked over a real socket, as clients ask it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from libretranslatepy import LibreTranslateAPI

import regard
from regard.lab import EXPERIMENTS
from regard.lab.record import SHIPPED, read_record, record_path

NUMBER = "one two three"
WANTED = "un deux trois"


def test_a_text_is_translated(server: Any) -> None:
    answer = server.post("/translate", {"q": NUMBER, "source": "en", "target": "fr"})
    assert (answer.status, answer.json()) == (200, {"translatedText": WANTED})
    assert answer.headers["content-type"] == "application/json"


def test_a_list_is_answered_with_a_list(server: Any) -> None:
    answer = server.post("/translate", {"q": [NUMBER, "", "five"], "source": "en", "target": "fr"}).json()
    assert answer["translatedText"][:2] == [WANTED, ""]
    assert len(answer["translatedText"]) == 3


def test_lines_and_space_stay_where_they_are(server: Any) -> None:
    text = f"\n  {NUMBER}\r\n\r\n{NUMBER} \t\n"
    answer = server.post("/translate", {"q": text, "target": "fr"}).json()
    assert answer["translatedText"] == f"\n  {WANTED}\r\n\r\n{WANTED} \t\n"


def test_the_language_is_found_out(server: Any) -> None:
    answer = server.post("/translate", {"q": NUMBER, "source": "auto", "target": "fr"}).json()
    assert answer["detectedLanguage"]["language"] == "en"
    listed = server.post("/translate", {"q": [NUMBER, NUMBER], "source": "auto", "target": "fr"}).json()
    assert [each["language"] for each in listed["detectedLanguage"]] == ["en", "en"]


def test_a_text_in_the_target_language_stays_as_it_is(server: Any) -> None:
    text = "\n Le chat dort sur le tapis, et il est content.\r\n"
    assert server.post("/detect", {"q": text}).json()[0]["language"] == "fr"
    found = server.post("/translate", {"q": text, "source": "auto", "target": "fr"}).json()
    assert found["translatedText"] == text
    assert found["detectedLanguage"]["language"] == "fr"
    given = {"source": "fr", "target": "fr", "q": text}
    assert server.post("/translate", given).json() == {"translatedText": text}
    for form in ("text", "html"):
        several = server.post("/translate", given | {"q": [text, ""], "alternatives": 2, "format": form}).json()
        assert several == {"translatedText": [text, ""], "alternatives": [[], []]}
    assert server.post("/translate", given | {"q": []}).json() == {"translatedText": []}


def test_of_a_few_words_it_is_supposed_that_they_are_to_be_translated(server: Any) -> None:
    first, second = server.post("/detect", {"q": "four"}).json()
    assert (first["language"], second["language"]) == ("fr", "en")  # a little more probable, by their letters
    assert 2 * second["confidence"] > first["confidence"]
    answer = server.post("/translate", {"q": "four", "target": "fr"}).json()
    assert answer["translatedText"].startswith("quatre")
    assert answer["detectedLanguage"] == second


def test_alternatives_are_other_translations(server: Any) -> None:
    answer = server.post("/translate", {"q": NUMBER, "target": "fr", "alternatives": 3}).json()
    assert answer["translatedText"] == WANTED
    assert 1 <= len(answer["alternatives"]) <= 3
    assert WANTED not in answer["alternatives"]
    assert len(set(answer["alternatives"])) == len(answer["alternatives"])


def test_html_keeps_its_tags(server: Any) -> None:
    text = "<p>one <b>two</b> three</p>\n<!-- four --><ul class='x'><li>five</li></ul><code>six</code>"
    answer = server.post("/translate", {"q": [text, "", "  <br>"], "target": "fr", "format": "html"}).json()
    page, *rest = answer["translatedText"]
    assert rest == ["", "  <br>"]
    assert re.findall(r"<[^>]*>", page) == re.findall(r"<[^>]*>", text)
    assert page.endswith("<code>six</code>")
    assert "cinq" in page
    cut = server.post("/translate", {"q": "<p one", "target": "fr", "format": "html"})
    assert cut.status == 422
    assert "does not end" in cut.json()["error"]


def test_html_without_a_word_spoils_no_list(server: Any) -> None:
    asked = {"q": ["<p>42</p>", f"<p>{NUMBER}</p>", "42 %"], "target": "fr", "format": "html"}
    answer = server.post("/translate", asked)
    assert (answer.status, answer.json()["translatedText"]) == (200, ["<p>42</p>", f"<p>{WANTED}</p>", "42 %"])


def test_forms_work_as_well(server: Any) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = server.post("/translate", b"q=one+two%20three&source=en&target=fr", Content_Type=kind)
    assert answer.json() == {"translatedText": WANTED}
    assert server.post("/detect", b"q=%FF", Content_Type=kind).status == 400
    parts = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\none\r\n--x--\r\n'
    assert server.post("/detect", parts, Content_Type="multipart/form-data; boundary=x").status == 200


def test_the_client_of_libretranslate_works_unchanged(server: Any) -> None:
    client = LibreTranslateAPI(f"http://127.0.0.1:{server.port}/")
    assert client.translate(NUMBER, "en", "fr") == WANTED
    assert client.detect(NUMBER)[0].keys() == {"language", "confidence"}
    assert client.languages() == [{"code": "en", "name": "English", "targets": ["fr"]}]


def test_same_as_the_command(server: Any, tiny_run: Any) -> None:
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    texts = [f"{a} {b} {c}" for a in words[:4] for b in words[3:7] for c in words[6:]]
    expected = [each.text for each in regard.load(tiny_run).translate(texts)]
    assert server.post("/translate", {"q": texts, "target": "fr"}).json()["translatedText"] == expected


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"q": NUMBER, "source": "en", "target": "xx"}, 400, "served are: en to fr"),
        ({"q": NUMBER, "source": "fr", "target": "en"}, 400, "served are: en to fr"),
        ({"q": NUMBER, "source": "xx", "target": "xx"}, 400, "served are: en to fr"),
        ({"q": NUMBER, "source": "fr", "target": "fr", "model": "none"}, 400, "with that model"),
        ({"q": NUMBER, "target": "fr", "model": "none"}, 400, "with that model"),
        ({"q": NUMBER}, 422, "target is missing"),
        ({"target": "fr"}, 422, "q is missing"),
        ({"q": 5, "target": "fr"}, 422, "q has to be a string or a list of strings"),
        ({"q": NUMBER, "target": "fr", "colour": 1}, 422, "a field that is not known here. The fields are: "),
        ({"q": NUMBER, "target": "fr", "format": "pdf"}, 422, "format has to be 'text' or 'html'"),
        ({"q": NUMBER, "target": "fr", "alternatives": -1}, 422, "alternatives has to be a whole number from 0 on"),
        ({"q": NUMBER, "target": "fr", "alternatives": 5}, 422, "alternatives may be at most 4"),
        ([], 422, "has to be a JSON object"),
    ],
)
def test_what_is_wrong_is_said(server: Any, body: object, status: int, sentence: str) -> None:
    answer = server.post("/translate", body)
    assert answer.status == status
    assert sentence in answer.json()["error"]


@pytest.mark.parametrize("limit", ["texts", "characters", "body_bytes"])
def test_limits_hold_and_are_shown(server: Any, limit: str) -> None:
    allowed = server.get("/limits").json()[limit]
    bodies = {
        "texts": lambda n: {"q": [""] * n, "target": "fr"},
        "characters": lambda n: {"q": ["\n" * n], "target": "fr"},
        "body_bytes": lambda n: b'{"q":"","target":"fr"}' + b" " * (n - 22),
    }
    assert server.post("/translate", bodies[limit](allowed)).status == 200
    refused = server.post("/translate", bodies[limit](allowed + 1))
    assert refused.status == 413
    assert f"{allowed:,}" in refused.json()["error"]


def test_every_answer_carries_the_headers_that_keep_browsers_safe(server: Any) -> None:
    for path, status in (("/health", 200), ("/nothing", 404), ("/translate", 405)):
        answer = server.get(path)
        assert answer.status == status
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_a_token_is_asked_for_where_one_is_set(start_server: Any, tiny_run: Any) -> None:
    token = "0123456789abcdef"
    server = start_server(tiny_run, REGARD_TOKEN=token)
    body = {"q": NUMBER, "target": "fr"}
    refused = server.post("/translate", body)
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert server.post("/translate", body | {"api_key": "wrong"}).status == 401
    assert server.post("/translate", body | {"api_key": token}).status == 200
    assert server.post("/translate", body, Authorization=f"Bearer {token}").status == 200
    assert server.get("/metrics").status == 401
    assert server.get("/health").status == 200


@pytest.mark.parametrize("token", ["", "0123456789abcdef"], ids=["open", "token"])
def test_pages_of_a_listed_site_may_translate(start_server: Any, tiny_run: Any, token: str) -> None:
    site, other = "https://wiki.example", "https://evil.example"
    server = start_server(tiny_run, options=("--allow-origin", site), REGARD_TOKEN=token)
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = server.ask("OPTIONS", "/api/traces", headers=asks | {"Origin": site})  # a browser sends no token with it
    assert (allowed.status, allowed.body) == (204, b"")
    assert allowed.headers["access-control-allow-origin"] == site
    assert allowed.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert allowed.headers["access-control-allow-headers"] == "Content-Type, Authorization"
    assert allowed.headers["vary"] == "Origin"
    shown = {"Origin": site, "Authorization": f"Bearer {token}"}
    answer = server.ask("POST", "/translate", {"q": NUMBER, "target": "fr"}, shown)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, site)
    assert answer.headers["access-control-expose-headers"] == "X-Shape"
    refused = server.ask("OPTIONS", "/translate", headers=asks | {"Origin": other})
    assert refused.status == 403
    assert not any(name.startswith("access-control") for name in refused.headers)


def test_metrics_have_as_many_lines_after_a_thousand_addresses_as_before(server: Any) -> None:
    server.get("/nothing")
    before = len(server.get("/metrics").body.splitlines())
    for number in range(50):
        server.get(f"/nothing/{number}")
        server.ask(f"M{number}", "/")
    server.get("/metrics")
    after = server.get("/metrics").body.decode()
    assert len(after.splitlines()) <= before + 40  # one more label for other methods, once
    assert "M7" not in after


def test_the_log_holds_no_text_of_a_user(server: Any) -> None:
    secret = "seven seven nine"
    server.post("/translate", {"q": secret, "target": "fr"})
    server.post("/translate", {"q": secret, "target": secret})
    heads = f'Content-Disposition: form-data; name="q"\r\nContent-Transfer-Encoding: {secret}'
    form = f"--x\r\n{heads}\r\n\r\none\r\n--x--\r\n".encode()
    server.post("/detect", form, Content_Type="multipart/form-data; boundary=x")
    log = server.log.read_text(encoding="utf-8")
    assert any(event.get("route") == "/detect" for event in map(json.loads, log.splitlines()))  # and every line is JSON
    assert secret not in log


def test_source_tokens_are_counted_as_they_are(server: Any, tiny_run: Path) -> None:
    def counted() -> float:
        lines = server.get("/metrics").body.decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("regard_source_tokens_total{"))

    before = counted()
    server.post("/translate", {"q": NUMBER, "target": "fr", "alternatives": 3})
    assert counted() - before == len(regard.load(tiny_run).tokenizer.encode(NUMBER))


def test_the_documentation_names_every_route(server: Any) -> None:
    page, document = server.get("/docs").body.decode(), server.get("/openapi.json").json()
    assert len(document["paths"]) > 8
    for path in document["paths"]:
        assert path in page
    assert "<script" not in page
    assert "//" not in page.replace("<!doctype html>", "")  # nothing from another server


def test_hostile_requests_are_shared_out_among_all_operations_that_vary(
    server: Any, load_program: Callable[[str], ModuleType]
) -> None:
    program, document = load_program("scripts/reliability/hostile_requests.py"), server.get("/openapi.json").json()
    routes = [(method, path) for path, methods in document["paths"].items() for method in methods]
    varied = [(method, path) for method, path in routes if method == "post" or "{" in path]
    assert ("post", "/translate") in varied
    assert program.operations_that_vary(document) == len(varied) < len(routes)


def test_a_lab_of_ones_own_is_shown_before_what_comes_with_the_package(
    start_server: Any, tiny_run: Any, tmp_path: Path
) -> None:
    record = read_record(record_path(SHIPPED, "mask"))
    record["claims"][0]["measured"] = "my own figure"
    own = record_path(tmp_path, "mask")
    own.parent.mkdir()
    own.write_text(json.dumps(record), encoding="utf-8")
    claims = start_server(tiny_run, options=("--lab", str(tmp_path))).get("/api/claims").json()
    found = {each["name"]: (each["claims"][0]["measured"], each["recorded"]["is_shipped"]) for each in claims}
    assert found["mask"] == ("my own figure", False)
    assert found["order"][1] is True
    assert len(found) == len(EXPERIMENTS)
