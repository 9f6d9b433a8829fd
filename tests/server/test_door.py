"""Who is let in: a table, and what breaks when a rule is left out."""

import pytest

from regard.errors import InputError
from regard.server.origin import Call, Door, host_name
from regard.server.problem import Problem

OPEN = Door()
SECRET = Door(token="a token of some length")
NAMED = Door(hosts=("translate.example",), origins=("https://wiki.example",))
BOTH = Door(origins=NAMED.origins, token=SECRET.token)
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
OTHER_SITE = {"origin": "https://evil.example"}

# door, method, path, headers, expected status (0: let in); Host is 127.0.0.1:8000 unless given
TABLE = [
    (OPEN, "GET", "/", {}, 0),
    (OPEN, "GET", "/", {"host": "localhost:8000"}, 0),
    (OPEN, "GET", "/", {"host": "[::1]:8000"}, 0),
    (OPEN, "GET", "/", {"host": "LOCALHOST"}, 0),
    (OPEN, "GET", "/", {"host": "evil.example"}, 403),
    (OPEN, "GET", "/", {"host": "evil.example:8000"}, 403),
    (OPEN, "GET", "/", {"host": "127.0.0.1.evil.example"}, 403),
    (OPEN, "GET", "/", {"host": "localhost.evil.example:8000"}, 403),
    (OPEN, "GET", "/", {"host": "evil.example, 127.0.0.1"}, 403),
    (OPEN, "GET", "/", {"host": ""}, 403),
    (OPEN, "GET", "/", {"host": "127.0.0.1:8000:80"}, 403),
    (OPEN, "GET", "/", {"host": "2130706433"}, 403),
    (OPEN, "GET", "/", {"host": "0.0.0.0:8000"}, 403),
    (NAMED, "GET", "/", {"host": "translate.example"}, 0),
    (NAMED, "GET", "/", {"host": "translate.example:443"}, 0),
    (NAMED, "GET", "/", {"host": "other.example"}, 403),
    (OPEN, "POST", "/translate", JSON, 0),
    (OPEN, "POST", "/translate", {"content-type": "application/json; charset=utf-8"}, 0),
    (OPEN, "POST", "/translate", FORM, 0),
    (OPEN, "POST", "/detect", {"content-type": "multipart/form-data; boundary=x"}, 0),
    (OPEN, "POST", "/api/traces", FORM, 415),
    (OPEN, "POST", "/translate", {}, 415),
    (OPEN, "POST", "/translate", {"content-type": "text/plain"}, 415),
    (OPEN, "POST", "/translate", {"content-type": "text/plain; application/json"}, 415),
    (OPEN, "POST", "/translate", JSON | OTHER_SITE, 403),
    (OPEN, "POST", "/translate", JSON | {"origin": "null"}, 403),
    (OPEN, "POST", "/translate", JSON | {"origin": "http://127.0.0.1:9999"}, 403),
    (OPEN, "POST", "/translate", JSON | {"origin": "http://127.0.0.1:8000"}, 0),
    (OPEN, "POST", "/translate", JSON | {"sec-fetch-site": "cross-site"}, 403),
    (OPEN, "POST", "/translate", JSON | {"sec-fetch-site": "same-site"}, 403),
    (OPEN, "POST", "/translate", JSON | {"sec-fetch-site": "same-origin"}, 0),
    (OPEN, "POST", "/translate", FORM | {"origin": "http://127.0.0.1:8000"}, 415),
    (OPEN, "POST", "/translate", FORM | {"sec-fetch-site": "none"}, 415),
    (OPEN, "DELETE", "/api/traces/x", OTHER_SITE, 403),
    (OPEN, "GET", "/api/models", OTHER_SITE, 403),
    (OPEN, "GET", "/", {"sec-fetch-site": "cross-site"}, 0),
    (NAMED, "POST", "/translate", JSON | {"origin": "https://wiki.example"}, 0),
    (NAMED, "POST", "/translate", JSON | {"origin": "https://wiki.example.evil"}, 403),
    (NAMED, "OPTIONS", "/translate", {"origin": "https://wiki.example"}, 0),
    (NAMED, "OPTIONS", "/translate", OTHER_SITE, 403),
    (BOTH, "OPTIONS", "/translate", {"origin": "https://wiki.example"}, 0),
    (BOTH, "OPTIONS", "/translate", {"origin": "https://wiki.example", "host": "evil.example"}, 403),
    (BOTH, "OPTIONS", "/metrics", {}, 401),
    (BOTH, "GET", "/metrics", {"origin": "https://wiki.example"}, 401),
    (SECRET, "GET", "/", {}, 0),
    (SECRET, "GET", "/health", {}, 0),
    (SECRET, "GET", "/page/main.js", {}, 0),
    (SECRET, "GET", "/metrics", {}, 401),
    (SECRET, "POST", "/api/traces", JSON, 401),
    (SECRET, "POST", "/api/traces", JSON | {"authorization": "Bearer a token of some length"}, 0),
    (SECRET, "POST", "/api/traces", JSON | {"authorization": "Bearer another token"}, 401),
    (SECRET, "POST", "/api/traces", JSON | {"authorization": "Basic a token of some length"}, 401),
    (SECRET, "POST", "/translate", JSON, 0),
    (SECRET, "POST", "/translate", JSON | {"authorization": "Bearer wrong"}, 401),
]


def status(door: Door, method: str, path: str, headers: dict[str, str]) -> int:
    try:
        door.check(Call(method, path, {"host": "127.0.0.1:8000"} | headers))
    except Problem as problem:
        return problem.status
    return 0


@pytest.mark.guarantee(
    "pages of other sites cannot call the local server: names, origins, bodies and tokens are checked",
    area="serving",
    control="test_without_the_rule_for_names_a_rebound_name_gets_in",
    reported="DNS rebinding, CSRF",
)
@pytest.mark.parametrize("row", range(len(TABLE)))
def test_table(row: int) -> None:
    door, method, path, headers, expected = TABLE[row]
    assert status(door, method, path, headers) == expected


def test_without_the_rule_for_names_a_rebound_name_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Door, "_check_host", lambda self, call: None)
    assert status(OPEN, "GET", "/", {"host": "evil.example"}) == 0


def test_without_the_rule_for_origins_another_site_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Door, "_check_origin", lambda self, call: None)
    assert status(OPEN, "POST", "/translate", JSON | OTHER_SITE) == 0


def test_messages_say_what_to_do() -> None:
    with pytest.raises(Problem, match="--allow-host"):
        OPEN.check(Call("GET", "/", {"host": "evil.example"}))
    with pytest.raises(Problem, match="--allow-origin"):
        OPEN.check(Call("POST", "/translate", {"host": "localhost"} | JSON | OTHER_SITE))
    with pytest.raises(Problem, match="Content-Type: application/json"):
        OPEN.check(Call("POST", "/translate", {"host": "localhost"}))
    with pytest.raises(Problem, match="Authorization: Bearer"):
        SECRET.check(Call("GET", "/metrics", {"host": "localhost"}))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:80", "localhost"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("a:b:1", "a:b"),
        ("a:", ""),
        ("::1", ":"),
    ],
)
def test_name_of_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name


def test_a_preflight_is_what_a_browser_asks_for_a_listed_site() -> None:
    wiki = {"origin": "https://wiki.example"}
    assert NAMED.is_preflight(Call("OPTIONS", "/translate", wiki))
    assert not NAMED.is_preflight(Call("POST", "/translate", wiki))
    assert not NAMED.is_preflight(Call("OPTIONS", "/translate", OTHER_SITE))
    assert not NAMED.is_preflight(Call("OPTIONS", "/translate", {}))


def test_answer_is_shown_to_a_listed_site_only() -> None:
    call = Call("GET", "/", {"origin": "https://wiki.example"})
    assert NAMED.allowed_origin(call) == "https://wiki.example"
    assert OPEN.allowed_origin(call) is None
    assert OPEN.allowed_origin(Call("GET", "/", {})) is None


@pytest.mark.parametrize(
    ("door", "message"),
    [
        ({"hosts": ("https://translate.example",)}, "is no name of a server; give it without https://"),
        ({"hosts": ("translate.example:8000",)}, "without a port"),
        ({"hosts": ("",)}, "is no name"),
        ({"origins": ("wiki.example",)}, "wiki.example is no origin; give what comes before the path"),
        ({"origins": ("https://wiki.example/",)}, "is no origin"),
        ({"origins": ("*",)}, "is no origin"),
    ],
)
def test_what_could_never_be_met_is_refused(door: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Door(**door)  # type: ignore[arg-type]


def test_names_and_origins_are_known_however_they_are_written() -> None:
    door = Door(hosts=("Translate.Example", "[::2]"), origins=("https://Wiki.Example:8443",))
    assert (door.hosts, door.origins) == (("translate.example", "[::2]"), ("https://wiki.example:8443",))
