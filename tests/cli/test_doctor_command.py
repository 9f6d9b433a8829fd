"""``regard doctor``: the table, JSON, and the exit code."""

import json
from pathlib import Path

import pytest

from regard.bundle import BundleFacts, load_bundle, save_bundle


@pytest.fixture
def cheat(tiny_run: Path, tmp_path: Path) -> Path:
    """A model whose settings say that its decoder may look into the future."""
    bundle = load_bundle(tiny_run)
    model = bundle.settings.model.model_copy(update={"future_mask": False})
    save_bundle(
        tmp_path / "cheat 😀",
        settings=bundle.settings.model_copy(update={"model": model}),
        tokenizer=bundle.tokenizer,
        weights=bundle.weights(),
        facts=BundleFacts(),
    )
    return tmp_path / "cheat 😀"


def test_a_good_model_passes(regard, tiny_run: Path) -> None:
    outcome = regard("doctor", tiny_run, "--sentences", 3)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["check", "measured", "at", "most"]
    assert len(lines) == 23
    assert all(line.startswith("ok    ") for line in lines[1:])
    assert max(map(len, lines)) <= 120
    assert "\x1b" not in outcome.out
    assert outcome.err.startswith("3 sentences: ")


def test_a_failed_check_says_where_and_ends_with_3(regard, cheat: Path) -> None:
    outcome = regard("doctor", cheat, "--sentences", 2)
    assert outcome.code == 3
    block = outcome.out[outcome.out.index("FAIL  future leak") :]
    assert "is predicted knowing" in block
    assert "where: decoder.0.self, head " in block
    assert "to do: model.future_mask is off" in block
    assert len(outcome.messages) == 1
    assert "of 22 checks failed: masks, weights, future leak, " in outcome.messages[0]


def test_json_holds_the_same(regard, cheat: Path) -> None:
    outcome = regard("doctor", cheat, "--sentences", 2, "--json")
    assert outcome.code == 3
    assert outcome.out.isascii()  # any encoding of standard output can write it
    record = json.loads(outcome.out)
    assert record["model"] == str(cheat)
    assert list(record) == ["model", "sentences", "data", "ok", "checks"]
    assert record["ok"] is False
    assert record["sentences"] == 2
    leak = next(check for check in record["checks"] if check["name"] == "future leak")
    assert leak["verdict"] == "fail"
    assert leak["place"]["part"] == "decoder.0.self"
    assert leak["measured"] > leak["tolerance"] == 0


def test_no_model_no_examination(regard, tmp_path: Path) -> None:
    outcome = regard("doctor", tmp_path / "nothing")
    assert outcome.code == 2
    assert "there is no model at" in outcome.err
