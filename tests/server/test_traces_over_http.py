"""Traces asked for over HTTP: the same as Python's, told while they are made, stopped when nobody listens."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import regard
from regard.tracing.header import AXES
from regard.tracing.report_data import thumbnails

TEXT = "one two three"


def begun(server: Any, **asked: object) -> str:
    answer = server.post("/api/traces", {"text": TEXT} | asked)
    assert answer.status == 202, answer.body
    return answer.json()["id"]


def heard(server: Any, name: str) -> list[tuple[str, Any]]:
    told = server.get(f"/api/traces/{name}/events").body.decode().strip().split("\n\n")
    pairs = (block.split("\n") for block in told)
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in pairs]


def made(server: Any, **asked: object) -> str:
    name = begun(server, **asked)
    assert heard(server, name)[-1][0] == "done"
    return name


def test_words_are_told_in_order_as_they_are_chosen(server: Any) -> None:
    events = heard(server, begun(server))
    steps = [told for event, told in events if event == "step"]
    assert [step["place"] for step in steps] == list(range(len(steps)))
    assert [step["text"] for step in steps] == sorted((step["text"] for step in steps), key=len)
    assert "un deux trois".startswith(steps[-1]["text"][:8])
    assert all(1 >= top["probability"] >= 0 for step in steps for top in step["top"])
    assert [event for event, _ in events[-1:]] == ["done"]


def test_a_trace_is_that_of_python(server: Any, tiny_run: Path) -> None:
    name, expected = made(server), regard.load(tiny_run).explain(TEXT, beam_size=1)
    header = server.get(f"/api/traces/{name}").json()
    assert header["translation"]["text"] == expected.header.translation.text
    assert [each["key"] for each in header["attentions"]] == [each.key for each in expected.attentions]
    for each in expected.attentions:
        for head in range(each.num_heads):
            sent = np.frombuffer(server.get(f"/api/traces/{name}/tensors/{each.key}/{head}").body, "<f4")
            parts = [expected.tensor(each, axis)[head].ravel() for axis in AXES]
            np.testing.assert_allclose(sent, np.concatenate(parts), atol=1e-5)
        small = server.get(f"/api/traces/{name}/thumbnails/{each.key}")
        pictures = thumbnails(expected.tensor(each, "weights"))
        assert small.headers["x-shape"] == ",".join(map(str, pictures.shape))
        np.testing.assert_allclose(
            np.frombuffer(small.body, np.uint8).astype(int), pictures.ravel().astype(int), atol=1
        )
    for mask in header["masks"]:
        assert server.get(f"/api/traces/{name}/masks/{mask}").body == expected.tensors[f"masks/{mask}"].tobytes()


def test_what_if_changes_the_probabilities_as_in_python(server: Any, tiny_run: Path) -> None:
    changes: dict[str, Any] = {"without_heads": ["decoder.0.cross.1"], "pad_source_to": 12, "target": "un deux"}
    name = made(server, **changes)
    expected = regard.load(tiny_run).explain(TEXT, beam_size=1, **changes)
    steps = server.get(f"/api/traces/{name}").json()["steps"]
    np.testing.assert_allclose(
        [step["probability"] for step in steps], [step.probability for step in expected.header.steps], atol=1e-6
    )
    plain = server.get(f"/api/traces/{made(server, target='un deux')}").json()["steps"]
    assert [step["probability"] for step in steps] != [step["probability"] for step in plain]


def test_a_trace_can_be_taken_away(server: Any, tmp_path: Path) -> None:
    name = made(server)
    file = server.get(f"/api/traces/{name}/export/zip")
    assert "attachment" in file.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
        assert sorted(archive.namelist()) == ["tensors.npz", "trace.json"]
    assert server.get(f"/api/traces/{name}/export/html").body.startswith(b"<!doctype html>")
    assert server.get(f"/api/traces/{name}/export/exe").status == 422


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"text": 5}, "text has to be a sentence"),
        ({"text": "x", "beam_size": 99}, "beam_size has to be a whole number from 1 to 16"),
        ({"text": "x " * 500}, "at most 128 tokens"),
        ({"text": "x", "without_heads": "all"}, "without_heads has to be a list of heads"),
        ({"text": "x", "without_heads": ["<b>secret</b>"]}, "without_heads has to be a list of heads"),
        ({"text": "x", "without_mask": ["<b>secret</b>"]}, "without_mask has to be a list of masks"),
        ({"text": "x", "colour": 1}, "not known here"),
    ],
)
def test_what_is_wrong_is_said_at_once_and_not_repeated(server: Any, asked: dict[str, object], sentence: str) -> None:
    answer = server.post("/api/traces", asked)
    assert answer.status == 422
    assert sentence in answer.json()["error"]
    assert b"secret" not in answer.body


def test_what_shows_only_while_it_is_made_is_told_as_an_event(server: Any) -> None:
    event, told = heard(server, begun(server, without_heads=["encoder.9.self.0"]))[-1]
    assert event == "failed"
    assert "encoder" in told["error"]


def test_a_model_that_is_not_there(server: Any) -> None:
    answer = server.post("/api/traces", {"text": TEXT, "model": "none"})
    assert answer.status == 404
    assert "served are: run" in answer.json()["error"]


def test_addresses_that_lead_nowhere(server: Any) -> None:
    name = made(server)
    key = server.get(f"/api/traces/{name}").json()["attentions"][0]["key"]
    for path in ("nothing", f"{name}/tensors/{key}/99", f"{name}/tensors/none/0", f"{name}/masks/none"):
        assert server.get(f"/api/traces/{path}").status == 404
    assert server.get(f"/api/traces/{name}/tensors/{key}/first").status == 422


def test_old_traces_make_room(server: Any) -> None:
    first = made(server)
    for _ in range(server.get("/limits").json()["traces"]):
        made(server, text="one")
    answer = server.get(f"/api/traces/{first}")
    assert answer.status == 404
    assert "no longer" in answer.json()["error"]


@pytest.mark.guarantee(
    "closing the page stops the translation at its next step",
    area="serving",
    control="test_a_trace_that_somebody_listens_to_goes_on",
    reported="plain handlers run on after the client has gone",
)
def test_who_leaves_stops_the_work(start_server: Any, tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start_server(tiny_run)
    # Many long translations wait; the listener of the last one leaves before its turn comes.
    names = [begun(server, text="one two three " * 20, pad_source_to=120) for _ in range(3)]
    with server.open_socket() as listener:
        listener.sendall(f"GET /api/traces/{names[-1]}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        listener.recv(64)
    for _ in range(100):
        if server.get(f"/api/traces/{names[-1]}").status == 409 and "stopped" in str(heard(server, names[-1])[-1]):
            break
        time.sleep(0.05)
    assert heard(server, names[-1])[-1][1]["reason"] == "stopped"
    assert heard(server, names[0])[-1][0] == "done"


def test_a_trace_that_somebody_listens_to_goes_on(server: Any) -> None:
    assert heard(server, begun(server))[-1][0] == "done"


def test_a_trace_can_be_stopped(server: Any) -> None:
    names = [begun(server, text="one two three " * 20, pad_source_to=120) for _ in range(2)]
    assert server.ask("DELETE", f"/api/traces/{names[1]}").status == 204
    assert heard(server, names[1])[-1][1]["reason"] == "stopped"
    assert heard(server, names[0])[-1][0] == "done"
