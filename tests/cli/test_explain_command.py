"""``regard explain``: the run that translated, looked at, changed, saved and read again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regard.cli.explain_request import head_name
from regard.errors import InputError
from regard.tracing import HeadName, Trace
from regard.tracing.legible import display_width

DATA = Path(__file__).resolve().parents[1] / "data"
GOLDEN = DATA / "golden.trace.zip"
TEXT = "one two three"


def words(text: str) -> str:
    """The text in one line: where it is broken depends on its width."""
    return " ".join(text.split())


@pytest.fixture
def broken_trace(tmp_path: Path) -> Path:
    """The golden trace with one check that does not hold."""
    trace = Trace.load(GOLDEN)
    first, *others = trace.checks
    checks = (first.model_copy(update={"holds": False, "measured": 0.5}), *others)
    path = tmp_path / "broken.trace.zip"
    Trace(trace.header.model_copy(update={"checks": checks}), trace.tensors).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "options"), [("golden", []), ("golden-follow", ["--follow"]), ("golden-by-word", ["--by-word"])]
)
def test_snapshots_of_a_saved_trace(regard, name: str, options: list[str]) -> None:
    outcome = regard("explain", GOLDEN, *options)
    assert outcome.code == 0
    assert outcome.out == (DATA / "explain" / f"{name}.txt").read_text(encoding="utf-8")
    assert max(map(display_width, outcome.out.splitlines())) <= 80


def test_a_model_and_a_sentence(regard, tiny_run: Path) -> None:
    outcome = regard("explain", tiny_run, TEXT)
    translated = regard("translate", tiny_run, stdin=f"{TEXT}\n".encode()).out.strip()
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == f"“{TEXT}” → “{translated}”"
    for step in ("① Scores", "② Mask", "③ Weights", "④ Output"):
        assert step in outcome.out
    assert "this translation's log-probability goes from" in words(outcome.out)
    assert "checks of this trace hold." in outcome.out
    assert "\x1b" not in outcome.out


def test_padding_changes_nothing_and_is_marked(regard, tiny_run: Path) -> None:
    outcome = regard("explain", tiny_run, TEXT, "--pad-source-to", "12")
    assert outcome.out.splitlines()[0] == regard("explain", tiny_run, TEXT).out.splitlines()[0]
    assert "source padded to 12 tokens" in words(outcome.out)
    assert "∅ padding" in outcome.out


def test_saved_and_read_again(regard, tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.trace.zip"
    live = regard("explain", tiny_run, TEXT, "--save", path, "--attention", "decoder", "--layer", "0", "--head", "1")
    again = regard("explain", path, "--attention", "decoder", "--layer", "0", "--head", "1")
    assert f"written: {path}" in live.err
    kept = [line for line in live.out.splitlines() if line in again.out.splitlines()]
    assert kept == again.out.splitlines()
    assert "decoder.0.self, head 1 of" in again.out
    assert "× future" in again.out


def test_every_file(regard, tiny_run: Path, tmp_path: Path) -> None:
    names = {option: tmp_path / f"a.{option}" for option in ("save", "html", "svg", "csv")}
    outcome = regard("explain", tiny_run, TEXT, *(part for name, path in names.items() for part in (f"--{name}", path)))
    assert outcome.code == 0
    assert Trace.load(names["save"]).header.request.text == TEXT
    assert names["html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "<svg" in names["svg"].read_text(encoding="utf-8")
    assert names["csv"].read_text(encoding="utf-8").startswith("attention,layer,head,")


def test_all_heads_of_some_layers(regard) -> None:
    out = regard("explain", GOLDEN, "--layer", "0", "--head", "all", "--attention", "encoder").out
    assert [f"encoder.0.self, head {head} of 4" in out for head in range(4)] == [True] * 4
    assert "encoder.1.self, head 0 of 4" not in out


def test_a_range_of_layers_is_recorded_and_shown(regard, tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.trace.zip"
    outcome = regard("explain", tiny_run, TEXT, "--layers", "0-0", "--save", path)
    assert outcome.code == 0
    assert {each.layer for each in Trace.load(path).attentions} == {0}
    assert "decoder.0.cross, head 0" in outcome.out


def test_json_holds_the_trace_and_the_chosen_heads(regard) -> None:
    record = json.loads(regard("explain", GOLDEN, "--json", "--head", "all").out)
    trace = Trace.load(GOLDEN)
    assert record["trace"]["schema"] == "regard-trace/1"
    assert [head["head"] for head in record["heads"]] == [0, 1, 2, 3]
    weights = np.array(record["heads"][2]["weights"], np.float32)
    assert np.array_equal(weights, trace["decoder.cross", 1, 2].weights)


def test_a_cell(regard) -> None:
    out = regard("explain", GOLDEN, "--cell", "chat,cat").out
    head = Trace.load(GOLDEN)["decoder.cross", 1, 0]
    assert 'score("chat"→"cat") = q·k/√16' in out
    assert "weight e^" in out
    assert 'query 2: after "chat" → "a"' in out
    assert f"{head.scores[2, 1]:.3g}" in out


def test_switching_off_a_head_is_compared_with_the_ordinary_run(regard, tiny_run: Path) -> None:
    out = words(regard("explain", tiny_run, TEXT, "--without-head", "cross.0.1", "--head", "1").out)
    assert "without decoder.cross, layer 0, head 1" in out
    assert "with nothing changed: " in out
    assert "# switched off" in out


def test_without_positions_or_masks(regard, tiny_run: Path) -> None:
    out = words(regard("explain", tiny_run, TEXT, "--no-positions").out)
    assert "without positions" in out
    out = words(regard("explain", tiny_run, TEXT, "--without-mask").out)
    assert "without any mask but that of the future" in out
    assert "The future mask changes nothing here" in out


def test_positions(regard, tiny_run: Path) -> None:
    out = words(regard("explain", tiny_run, TEXT, "--positions").out)
    assert "Position vectors of the source" in out
    assert "Position vectors of the translation" in out
    assert "a product depends only on how far two positions are apart" in out


def test_a_prefix_and_beams(regard, tiny_run: Path) -> None:
    out = words(regard("explain", tiny_run, TEXT, "--prefix", "neuf", "--beam-size", "3").out)
    assert "→ “neuf" in out
    assert "begun with “neuf”" in out
    assert "beam search, beam size 3" in out
    assert "given, not chosen" in out


def test_one_step_and_the_top(regard) -> None:
    out = regard("explain", GOLDEN, "--step", "2", "--top", "1").out
    assert 'after "chat" → "a"' in out
    assert 'after "a"' not in out
    assert "+8 more" in out


def test_a_failed_check_is_shown_and_ends_with_3(regard, broken_trace: Path) -> None:
    outcome = regard("explain", broken_trace)
    assert outcome.code == 3
    assert "CHECK FAILED: " in outcome.out
    assert "③ Weights" in outcome.out
    assert "1 of 7 checks of this trace failed" in outcome.messages[0]


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text(regard, tiny_run: Path, text: str) -> None:
    outcome = regard("explain", tiny_run, text)
    assert outcome.code == 0
    assert "The text is empty." in outcome.out


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred\x1b]0;t\x07",
        "\u202eשלום",
        "[bold]x[/bold]",
        "</script>",
        "👩\u200d👧\u200d👦 猫",
        "x" * 300,
        "\u0e01\u0e33 ½ \u0001",
    ],
)
@pytest.mark.parametrize(
    "options", [[], ["--follow", "--attention", "decoder"], ["--by-word"]], ids=["run", "follow", "words"]
)
def test_hostile_text(regard, tiny_run: Path, text: str, options: list[str]) -> None:
    outcome = regard("explain", tiny_run, text, *options)
    assert outcome.code == 0
    assert not set("\x1b\x07\x01\u202e\u200d") & set(outcome.out)
    assert max(map(display_width, outcome.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to explain: regard explain MODEL"),
        (["nowhere"], "give the sentence to translate behind nowhere"),
        (["nowhere", TEXT], "there is no model at nowhere"),
        ([GOLDEN, TEXT], "is a run that took place already; leave out TEXT"),
        ([GOLDEN, "--beam-size", "2", "--no-positions"], "leave out --beam-size, --no-positions"),
        ([GOLDEN, "--pad", "0", "--causal"], "--pad, --causal can only be given with --toy"),
        ([GOLDEN, "--layer", "9"], "decoder.cross has the layers 0 to 1 in this trace, but 9 is asked for"),
        ([GOLDEN, "--head", "9"], "has the heads 0 to 3, but head 9 is asked for"),
        ([GOLDEN, "--head", "x"], "--head takes numbers counted from 0, or all, but is given 'x'"),
        ([GOLDEN, "--head", "-1"], "--head takes numbers counted from 0, or all, but is given '-1'"),
        ([GOLDEN, "--attention", "self"], "the attention must be one of encoder, decoder, cross, but is 'self'"),
        ([GOLDEN, "--step", "99"], "the translation has the steps 0 to 8, but step 99 is asked for"),
        ([GOLDEN, "--attention", "encoder", "--follow"], "the encoder reads all tokens at once"),
        ([GOLDEN, "--cell", "a"], "a cell is a query and a key with a comma between them"),
        ([GOLDEN, "--cell", "a,zebra"], "no key token is 'zebra'"),
        ([GOLDEN, "--cell", "a,cat", "--follow"], "--cell and --follow show different things; give one of them"),
        ([GOLDEN, "--by-word", "--step", "0"], "--step would change nothing of what --by-word shows; leave it out"),
        ([GOLDEN, "--positions", "--head", "1"], "--head would change nothing of what --positions shows"),
        ([GOLDEN, "--cell", "a,cat", "--top", "2"], "--top would change nothing of what --cell shows"),
        ([GOLDEN, "--json", "--by-word"], "--json writes every number as it is; leave out --by-word"),
        ([GOLDEN, "--svg", "a.svg", "--head", "all"], "--svg draws one head, but 4 are chosen"),
        ([GOLDEN, "--save", "nowhere/a"], "there is no such folder for --save"),
        ([GOLDEN, "--save", "a", "--html", "./a"], "--save and --html must be different files"),
        ([__file__], "is not a trace"),
        (["m", TEXT, "--layers", "x-y"], "--layers takes a range such as 0-1, counted from 0, but is given 'x-y'"),
        (
            ["m", TEXT, "--layers", "0-9999999999"],
            "--layers takes a range such as 0-1, counted from 0, but is given '0-9",
        ),
        (["m", TEXT, "--layers", "9" * 5000], "--layers takes a range such as 0-1, counted from 0, but is given '999"),
        ([GOLDEN, "--cell", "0," + "9" * 5000], "no key token is '999"),
        (["m", TEXT, "--without-head", "3"], "--without-head takes LAYER.HEAD"),
        (["m", TEXT, "--without-head", "cross.x.3"], "--without-head takes numbers"),
        (["m", TEXT, "--without-head", "self.1.3"], "the attention must be one of"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(Path(str(part)).name for part in value)[:50],
)
def test_wrong_arguments(regard, tmp_path: Path, monkeypatch, arguments: list[object], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = regard("explain", *arguments)
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert len(outcome.messages) == 1
    assert message in outcome.messages[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pad-source-to", "2"], "pad_source_to is 2, but must be at least"),
        (["--layers", "0-7"], "layers is 0 to 7"),
        (["--without-head", "cross.7.0"], "decoder.cross layer 7"),
        (["--layers", "1-0"], "layers is 1 to 0"),
        (["--dtype", "float8"], "float8"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_a_model_does_not_have(regard, tiny_run: Path, options: list[str], message: str) -> None:
    outcome = regard("explain", tiny_run, TEXT, *options)
    assert outcome.code == 2
    assert message in outcome.messages[0]


def test_what_is_there_stays(regard, tmp_path: Path) -> None:
    path = tmp_path / "mine.html"
    path.write_text("mine")
    outcome = regard("explain", GOLDEN, "--html", path, "--save", tmp_path / "new.trace.zip")
    assert outcome.code == 2
    assert "mine.html exists already and is left as it is; give another --html, or remove it" in outcome.messages[0]
    assert [each.name for each in tmp_path.iterdir()] == ["mine.html"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.3", HeadName(layer=1, head=3)),
        ("cross.1.3", HeadName(attention="decoder.cross", layer=1, head=3)),
        ("encoder.0.all", HeadName(attention="encoder.self", layer=0)),
        ("decoder.all.2", HeadName(attention="decoder.self", head=2)),
    ],
)
def test_heads_as_they_are_typed(typed: str, meant: HeadName) -> None:
    assert head_name(typed) == meant


@pytest.mark.parametrize("typed", ["", "1", "1.", ".3", "a.b.c.d", "cross..3"])
def test_heads_that_are_none(typed: str) -> None:
    with pytest.raises(InputError, match=r"--without-head takes LAYER\.HEAD"):
        head_name(typed)


def test_ctrl_c_ends_with_130() -> None:
    """Stopped while it draws: no traceback, and not half a table."""
    command = [sys.executable, "-c", _INTERRUPTED, "explain", str(GOLDEN), "--head", "all"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stdout) == (130, "")
    assert "Traceback" not in result.stderr


_INTERRUPTED = """
import os, signal, sys
import regard.tracing.panels as panels
panels.panels_of = lambda *_: os.kill(os.getpid(), signal.SIGINT)
import regard.tracing.run_text as run_text
run_text.panels_of = panels.panels_of
from regard.cli import main
main(sys.argv[1:])
"""


def test_a_reader_that_has_enough_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "regard", "explain", str(GOLDEN)]
    result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_readme_shows_what_the_command_writes(regard) -> None:
    block = (
        (DATA.parents[1] / "README.md").read_text(encoding="utf-8").split("```\n③ Weights by word\n")[1].split("```")[0]
    )
    assert block in regard("explain", GOLDEN, "--by-word").out
