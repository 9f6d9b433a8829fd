"""``regard lab compare``: one command from two settings files to a table, resumed where it stopped; wrong input."""

from functools import partial
from pathlib import Path

import pytest

from regard.lab import comparison
from regard.lab.comparison.clocks import Watch
from regard.lab.comparison.pace import Sitting

_SETTINGS = """\
[text]
vocab_size = 300
[model]
model_dim = 16
feedforward_dim = 16
encoder_layers = 1
decoder_layers = 1
[training]
batch_tokens = 256
valid_sentences = 2
threads = 1
dtype = "float32"
"""
_RECURRENT = _SETTINGS.replace("feedforward_dim = 16", 'kind = "recurrent"\nnum_heads = 1')
QUICK = {
    "sitting": Sitting(warm_seconds=0.05, turn_seconds=0.1, turns=1),
    "watch": Watch(1, 0.05, 0.1, batch_sentences=2, single_sentences=1, memory_seconds=0.1),
}


@pytest.fixture
def given(tmp_path: Path, pair_files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Two sides and their data, measured quickly."""
    monkeypatch.setattr(comparison, "run_comparison", partial(comparison.run_comparison, **QUICK))
    for name, text in (("transformer.toml", _SETTINGS), ("gru.toml", _RECURRENT)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    source, target = pair_files
    files = ["--source", source, "--target", target, "--test-source", source, "--test-target", target]
    return [tmp_path / "transformer.toml", tmp_path / "gru.toml", *files, "--tokens", 1000, "--threads", 1]


def test_from_two_files_to_a_table(regard, given: list[object], tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = regard("lab", "compare", *given, "--seeds", "1", "--out", out, "--only", "pace", "--only", "training")
    assert first.code == 0, first.err
    assert "Which of the two translates better is not measured yet." in first.out
    assert "measured: training-gru-1" in first.err
    whole = regard("lab", "compare", *given, "--seeds", "1", "--out", out, "--only", "training", "--only", "quality")
    assert whole.code == 0, whole.err
    assert "measured: training" not in whole.err
    assert "translates better than" in whole.out or "No difference in quality can be told from chance" in whole.out
    assert "| | transformer | gru | |" in whole.out
    assert "| BLEU (13a, cased) | – |" not in whole.out
    assert f"table, figure and how it was measured are in {out / 'comparison.md'}" in whole.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "5"], "a comparison has one budget: give minutes or tokens, and not both"),
        (["--seeds", "one"], "--seeds 'one' is given; expected whole numbers such as 1,2,3"),
        (["--seeds", "1,1"], "a comparison needs seeds from 0 to 2⁶³ - 1, each once"),
        (["--seeds=-1"], "each once, such as 1,2,3; [-1] is given"),
        (["--again"], "--again needs to know what is to be measured again: give --only too"),
        (["--only", "clock"], "there is no part called 'clock' in a comparison"),
        (["model.dropuot=0.1"], "did you mean"),
    ],
)
def test_wrong_input(regard, given: list[object], tmp_path: Path, options: list[str], message: str) -> None:
    outcome = regard("lab", "compare", *given, "--out", tmp_path / "out", *options)
    assert outcome.code == 2
    assert message in outcome.messages[0]


def test_wrong_references_are_found_before_anything_is_measured(regard, given: list[object], tmp_path: Path) -> None:
    (tmp_path / "short.tok").write_text("un\n", encoding="utf-8")
    for name, message in (("short.tok", "has 1 tokenised references, and there are"), ("none.tok", "none.tok")):
        outcome = regard("lab", "compare", *given, "--out", tmp_path / "out", "--tokenised-target", tmp_path / name)
        assert outcome.code == 2
        assert message in outcome.messages[0]
        assert not (tmp_path / "out").exists()


def test_references_need_their_sources(regard) -> None:
    outcome = regard("lab", "compare", "tiny", "tiny", "--test-target", "a.fr")
    assert outcome.code == 2
    assert "references are given without --test-source; give it too, or leave them out" in outcome.messages[0]


def test_there_is_no_such_preset(regard) -> None:
    outcome = regard("lab", "compare", "small", "recurent", "--tokens", "10")
    assert outcome.code == 2
    assert "unknown preset 'recurent'; did you mean recurrent?" in outcome.messages[0]
