"""A server's life: it starts, takes in new models, is asked to stop, and refuses what cannot work."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from regard.errors import InputError
from regard.server import Door, Place
from regard.server.origin import Call
from regard.server.problem import Problem

BODY = {"q": "one two three", "source": "en", "target": "fr"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_accepted_work_ends_before_the_server_goes(start_server: Any, tiny_run: Path, number: int) -> None:
    server = start_server(tiny_run)
    answers: list[int] = []
    long = {"q": ["one two three " * 5] * 100, "target": "fr", "alternatives": 3}
    threads = [
        threading.Thread(target=lambda: answers.append(server.post("/translate", long).status)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert server.stop(number) == 0
    for thread in threads:
        thread.join()
    assert answers.count(200) >= 1
    assert set(answers) <= {200, 429, 503}
    assert any(event["event"] == "draining" for event in server.events())


@pytest.mark.parametrize("is_run", [False, True], ids=["model", "run"])
def test_a_model_that_is_written_anew_is_taken_in(
    start_server: Any, tiny_run: Path, tmp_path: Path, is_run: bool
) -> None:
    model = tmp_path / "numbers" / "model" if is_run else tmp_path / "numbers"
    shutil.copytree(tiny_run / "model", model)
    server = start_server(tmp_path / "numbers")
    assert server.get("/api/models").json()[0]["name"] == "numbers"
    manifest = (model / "manifest.json").read_bytes()
    (model / "manifest.json").write_bytes(b"{")
    _wait_for(server, "reload failed")
    assert server.post("/translate", BODY).json() == {"translatedText": "un deux trois"}
    (model / "manifest.json").write_bytes(manifest)
    _wait_for(server, "reloaded")
    assert server.post("/translate", BODY).json() == {"translatedText": "un deux trois"}


def _wait_for(server: Any, event: str) -> None:
    for _ in range(200):
        if any(each["event"] == event for each in server.events()):
            return
        time.sleep(0.05)
    pytest.fail(f"no event {event!r} in {server.events()}")


def test_other_machines_need_a_token() -> None:
    with pytest.raises(InputError, match="a token is needed"):
        Place(host="0.0.0.0")
    everywhere = Place(host="0.0.0.0", door=Door(token="secret"))
    assert str(everywhere) == "http://127.0.0.1:8000, and on all other addresses of this machine"
    assert Place(host="::", door=Door(token="secret")).address == "http://[::1]:8000"
    assert Place(host="::1").address == "http://[::1]:8000"


def test_a_name_is_listened_on(start_server: Any, tiny_run: Path) -> None:
    server = start_server(tiny_run, options=("--host", "localhost"))
    assert server.get("/health").status == 200


def test_it_may_be_called_by_the_address_that_it_says(start_server: Any, tiny_run: Path) -> None:
    server = start_server(tiny_run, options=("--host", "127.1"))  # short for 127.0.0.1, and no name of its own
    assert server.get("/health", Host=f"127.1:{server.port}").status == 200
    assert server.get("/health", Host=f"127.2:{server.port}").status == 403


ADDRESSES = {
    "localhost": "127.0.0.1",
    "Desk.example": "127.0.1.1",
    "six.example": "::1",
    "127.0.0.2": "127.0.0.2",
    "127.2": "127.0.0.2",
    "0:0:0:0:0:0:0:1": "::1",
    "192.0.2.1": "192.0.2.1",
    "2001:DB8::1": "2001:db8::1",
    "::ffff:192.0.2.1": "::ffff:192.0.2.1",
    "fe80::1%eth0": "fe80::1%eth0",
}


@pytest.mark.parametrize(("host", "ip"), ADDRESSES.items())
def test_a_place_is_called_by_its_name_and_its_address(monkeypatch: pytest.MonkeyPatch, host: str, ip: str) -> None:
    _resolve_to(monkeypatch, ip)
    place = Place(host, door=Door(("other.example",), token="secret"))
    for address in (place.address, Place(ip, door=place.door).address, "http://other.example"):
        _call(place.door, address.removeprefix("http://").replace("%eth0", ""))  # no client sends a zone
    with pytest.raises(Problem, match="--allow-host"):
        _call(place.door, "evil.example")


@pytest.mark.parametrize(("host", "ip"), [("0.0.0.0", "0.0.0.0"), ("0", "0.0.0.0"), ("::", "::"), ("all", "::")])
def test_what_stands_for_all_addresses_is_none(monkeypatch: pytest.MonkeyPatch, host: str, ip: str) -> None:
    _resolve_to(monkeypatch, ip)
    door = Door(token="secret")
    assert Place(host, door=door).door == door


def _resolve_to(monkeypatch: pytest.MonkeyPatch, ip: str) -> None:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, 0, 0, "", (ip, 0))])


def _call(door: Door, host: str) -> None:
    door.check(Call("GET", "/", {"host": host}))


def test_of_a_names_addresses_it_is_that_of_no_name_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    six, four = (socket.AF_INET6, 0, 0, "", ("::1", 0, 0, 0)), (socket.AF_INET, 0, 0, "", ("127.0.0.1", 0))
    for found in ([six, four], [four, six]):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, found=found, **__: found)
        assert Place(host="localhost").ip == "127.0.0.1"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [six])
    assert Place(host="localhost").ip == "::1"


def test_a_name_of_another_machine_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    away = [(socket.AF_INET, 0, 0, "", ("192.0.2.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: away)
    with pytest.raises(InputError, match="listening on localhost lets other machines in"):
        Place(host="localhost")


@pytest.mark.parametrize("host", ["", "a" * 64, "two words"])
def test_a_host_that_is_nowhere(host: str) -> None:
    with pytest.raises(InputError, match=f"{host!r} is neither an IP address nor a name .* give 127.0.0.1"):
        Place(host=host)


def test_a_host_that_is_nowhere_is_said_before_a_model_is_looked_for() -> None:
    ended = _serve("/nothing/there", "--host", "a" * 64)
    assert ended.returncode == 2
    assert "is neither an IP address nor a name" in ended.stderr
    assert "listens" not in ended.stdout


def test_an_address_of_another_machine(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_TOKEN", "0123456789abcdef")
    ended = _serve(str(tiny_run), "--host", "192.0.2.1")  # an address that is nobody's
    assert ended.returncode == 4
    assert "cannot listen on 192.0.2.1:8000: this machine has no such address" in " ".join(ended.stderr.split())
    assert "--port" not in ended.stderr


def test_a_port_that_is_taken(server: Any, tiny_run: Path) -> None:
    ended = _serve(str(tiny_run), "--port", str(server.port))
    assert ended.returncode == 4
    assert f"cannot listen on 127.0.0.1:{server.port}" in ended.stderr
    assert "--port" in ended.stderr


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    ended = _serve(str(tmp_path))
    assert ended.returncode == 2
    assert str(tmp_path) in ended.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"short\n", "at least 16 are needed"),
        (b"token of \xe9tudes", "line 1 is not UTF-8; save the token file as UTF-8"),
        ("mot-de-passe-très-long".encode(), "has, as character 16, one that not every client can send in a header"),
        (b"a token of some length", "has, as character 2, one that not every client can send in a header"),
        (b"0123456789abcdef\n0123456789abcdef\n", "has, as character 17, one that not every client can send"),
    ],
)
def test_a_token_that_can_be_guessed_or_not_be_read(
    tiny_run: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "token").write_bytes(content)
    ended = _serve(str(tiny_run), "--token-file", str(tmp_path / "token"))
    assert ended.returncode == 2
    assert message in " ".join(ended.stderr.split())


def test_a_token_of_all_that_can_be_sent(tmp_path: Path) -> None:
    visible = "".join(map(chr, range(0x21, 0x7F)))
    (tmp_path / "token").write_text(f"{visible}\n", encoding="utf-8")
    ended = _serve(str(tmp_path), "--token-file", str(tmp_path / "token"))
    assert "token" not in ended.stderr.replace(str(tmp_path), "")  # what is refused is the folder without a model


def test_a_guessable_token_in_the_environment(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_TOKEN", "short")
    ended = _serve(str(tiny_run))
    assert ended.returncode == 2
    assert "the token in REGARD_TOKEN has 5 characters; at least 16 are needed" in ended.stderr


def test_a_folder_without_records(tiny_run: Path, tmp_path: Path) -> None:
    ended = _serve(str(tiny_run), "--lab", str(tmp_path))
    assert ended.returncode == 2
    assert f"{tmp_path} holds no records of a lab" in ended.stderr
    assert "`regard lab run --out" in ended.stderr


def _serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regard", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
