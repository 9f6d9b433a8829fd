"""The recurrent network through the same commands: trained, resumed, translating, scored, explained, examined."""

import signal
from pathlib import Path

import numpy as np
import pytest

from regard.cli import main
from regard.tracing import Trace

_SETTINGS = [
    "text.vocab_size=300",
    "model.model_dim=16",
    "model.state_dim=32",
    "training.batch_tokens=256",
    "training.max_steps=4",
    "training.valid_sentences=4",
    "training.dtype=float32",
    "data.valid_size=8",
]
TEXT = "one 7"


@pytest.fixture(scope="module")
def recurrent_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of a few updates: it knows nothing, but everything about it works."""
    folder = tmp_path_factory.mktemp("recurrent")
    for suffix, word in (("en", "one"), ("fr", "un")):
        (folder / f"pairs.{suffix}").write_text(
            "".join(f"{word} {number}\n" for number in range(100)), encoding="utf-8"
        )
    files = ["--source", folder / "pairs.en", "--target", folder / "pairs.fr", "--out", folder / "run"]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    with pytest.raises(SystemExit) as stop:
        main(["train", "--preset", "recurrent", *map(str, files), *_SETTINGS])
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert not stop.value.code
    return folder / "run"


def test_it_translates_lines_and_is_scored(regard, recurrent_run: Path) -> None:
    outcome = regard("translate", recurrent_run, "--beam-size", 5, stdin=b"one 7\n\none 12\n")
    assert outcome.code == 0
    assert len(outcome.out.split("\n")) == 4
    assert outcome.out.split("\n")[1] == ""
    assert "BLEU = " in regard("evaluate", recurrent_run).out


def test_its_attention_is_explained_by_the_same_trace(regard, recurrent_run: Path, tmp_path: Path) -> None:
    files = ["--html", tmp_path / "a.html", "--save", tmp_path / "a.trace.zip"]
    outcome = regard("explain", recurrent_run, TEXT, "--pad-source-to", 9, *files)
    translated = regard("translate", recurrent_run, stdin=f"{TEXT}\n".encode()).out.strip("\n")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == f"“{TEXT}” → “{translated}”"
    assert "1 + 2 layers of 1 head ·" in outcome.out
    assert "decoder.0.cross, head 0 of 1: the translation looks at the source" in outcome.out
    assert "encoder.0.self" not in outcome.out
    assert "decoder.0.self" not in outcome.out
    trace = Trace.load(tmp_path / "a.trace.zip")
    assert [each.attention for each in trace.attentions] == ["decoder.cross"]
    assert not trace.failed
    head = trace["decoder.cross", 0, 0]
    pads = [place for place, token in enumerate(trace.tokens.source) if token.kind == "pad"]
    assert len(pads) > 0
    assert not np.asarray(head.weights)[:, pads].any()
    np.testing.assert_allclose(np.asarray(head.weights).sum(axis=1), 1, atol=1e-5)


def test_its_report_shows_what_it_has(regard, recurrent_run: Path, tmp_path: Path) -> None:
    regard("explain", recurrent_run, TEXT, "--html", tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "Cross-attention" in text
    assert '"decoder.cross"' in text
    assert '"attention":"encoder.self"' not in text.replace(" ", "")


def test_heads_of_an_encoder_it_has_not_are_refused(regard, recurrent_run: Path) -> None:
    outcome = regard("explain", recurrent_run, TEXT, "--attention", "encoder")
    assert outcome.code == 2
    assert "encoder" in outcome.messages[0]


def test_the_doctor_finds_nothing(regard, recurrent_run: Path) -> None:
    out = regard("doctor", recurrent_run).out
    for row in ("padding: source", "batch = alone", "cached = full"):
        assert any(line.split("  ")[0].strip() == "ok" and row in line for line in out.splitlines()), out
