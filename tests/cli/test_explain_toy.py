"""``regard explain --toy``: the textbook's example, the same on every machine, legible without colour."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regard.cli.colour import terminal_paint, terminal_width
from regard.tracing.legible import display_width
from regard.tracing.table_text import Tone, plain
from regard.tracing.toy import ToyMask, worked_example

SNAPSHOTS = Path(__file__).resolve().parents[1] / "data" / "explain"
CAT = "The cat sat on the mat"
HORSE = "The horse ran quickly"
CASES = {
    "toy-cat": (CAT, []),
    "toy-cat-causal": (CAT, ["--causal"]),
    "toy-horse-pad": (HORSE, ["--pad", "1"]),
}


@pytest.mark.parametrize("name", CASES)
def test_snapshots(regard, name: str) -> None:
    text, options = CASES[name]
    outcome = regard("explain", "--toy", text, *options)
    assert outcome.code == 0
    assert outcome.out == (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("mask", [ToyMask(), ToyMask(causal=True), ToyMask(pad=1)], ids=str)
def test_no_number_of_a_snapshot_lies_on_an_edge(mask: ToyMask) -> None:
    """Where rounding differs by a last bit, another machine must not print another digit."""
    example = worked_example(HORSE if mask.pad else CAT, mask)
    steps = example.steps
    for tensor in (example.embeddings, example.queries, example.keys, example.values, steps.weights, steps.context):
        hundredths = np.abs(tensor.numpy()) * 100
        assert np.abs(hundredths - np.floor(hundredths) - 0.5).min() > 1e-6
    hundredths = np.abs(example.unmasked.scores.numpy()) * 100
    assert np.abs(hundredths - np.floor(hundredths) - 0.5).min() > 1e-6


def test_in_a_file_there_is_no_colour_and_no_line_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "example.txt"
    with path.open("wb") as file:
        command = [sys.executable, "-m", "regard", "explain", "--toy", CAT, "--causal", "--pad", "2"]
        subprocess.run(command, stdout=file, check=True, timeout=120)
    text = path.read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert max(map(display_width, text.splitlines())) <= 80
    assert "Rows are queries (who looks), columns are keys (who is looked at)." in text
    for step in ("① Scores", "② Mask", "③ Weights", "④ Output"):
        assert step in text


def test_all_masks_at_once_are_named_and_explained(regard) -> None:
    options = ["--pad", "1", "--causal", "--window", "2", "--prefix", "2", "--segments", "3,3"]
    out = regard("explain", "--toy", CAT, *options).out
    assert "mask: Padding(1) & Causal() & Window(2, 2) & Prefix(2) & Segments(3, 3)" in out
    assert "∅ padding · × future" in out
    assert "‖ another sentence" in out


def test_key_side_and_query_side_stand_side_by_side(regard) -> None:
    out = regard("explain", "--toy", HORSE, "--pad", "1").out
    heading = next(line for line in out.splitlines() if line.startswith("hiding keys"))
    assert "hiding queries (to compare)" in heading
    assert "of its attention to padding." in out
    assert "hiding queries" not in regard("explain", "--toy", HORSE).out


def test_too_wide_an_example_becomes_lists(regard) -> None:
    out = regard("explain", "--toy", " ".join(f"word{number}" for number in range(40)), "--causal").out
    assert "query   keys, largest first" in out
    assert "sees 0-9  × 10-39" in out
    assert max(map(display_width, out.splitlines())) <= 80


def test_columns_give_more_room(regard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = " ".join(f"word{number}" for number in range(20))
    assert "keys, largest first" not in regard("explain", "--toy", text).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "needs words"),
        ([" "], "needs words"),
        (["x " * 10_000], "at most 64 words and pads, but is given 10,000 words"),
        ([CAT, "--pad", "-1"], "--pad must be a whole number of at least 0, but is -1"),
        ([CAT, "--pad", "1000"], "1,000 pads"),
        ([CAT, "--window", "-3"], "--window must be a whole number of at least 0, but is -3"),
        ([CAT, "--prefix", "-3"], "--prefix must be a whole number of at least 0, but is -3"),
        ([CAT, "--prefix", "cat"], "--prefix with --toy takes a number of words, but is given 'cat'"),
        ([CAT, "--prefix", "9"], "the prefix is 9 words, but the sentence has only 6"),
        ([CAT, "--segments", "3,4"], "the segments 3,4 must be lengths"),
        ([CAT, "--segments", "3;3"], "--segments takes lengths such as 3,3, but is given '3;3'"),
        ([CAT, "--seed", "-1"], "--seed must be a whole number of at least 0, but is -1"),
        ([CAT, "--layer", "1", "--json"], "--toy shows an example without a model; leave out --layer, --json"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 50 else None,
)
def test_wrong_arguments(regard, arguments: list[str], message: str) -> None:
    outcome = regard("explain", "--toy", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert len(outcome.messages) == 1
    assert message in outcome.messages[0]


def test_a_model_beside_the_example_is_refused(regard, tmp_path: Path) -> None:
    outcome = regard("explain", tmp_path, "--toy", CAT)
    assert outcome.code == 2
    assert "leave out MODEL" in outcome.err


@pytest.mark.parametrize(
    "text", ["\x1b[31mred \x1b]0;title\x07", "\u202eshalom שלום", "[bold]x[/bold] </script>", "👩\u200d👧 猫"]
)
def test_hostile_words_are_data(regard, text: str) -> None:
    out = regard("explain", "--toy", f"{text} {'x' * 300}", "--pad", "1").out
    assert not set("\x1b\x07\u202e\u200d") & set(out)
    assert max(map(display_width, out.splitlines()[1:])) <= 80


def test_colours_are_for_a_terminal_whose_owner_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_paint() is plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    paint = terminal_paint()
    assert paint("0.42", Tone("sequential", 0.42)).startswith("\x1b[48;5;")
    assert paint("0.42", Tone("diverging", 0.9)) != paint("0.42", Tone("diverging", -0.9))
    assert paint("x", Tone()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal_paint() is plain


@pytest.mark.parametrize(("columns", "width"), [("120", 120), ("7", 40), ("x", 80), ("", 80)])
def test_the_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", lambda _: (_ for _ in ()).throw(OSError()))
    assert terminal_width() == width
