"""Standard streams that are closed, or cannot write every character: commands do their work all the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = [
    "text.vocab_size=300",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=16",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.threads=1",
    "training.dtype=float32",
    "training.batch_tokens=200",
    "training.max_steps=2",
]
ODD = os.fsdecode(b"od\xe8d")
"""A name that is not UTF-8, as a folder of the nineties has it."""


def regard(
    *arguments: object, redirected: str = "", encoding: str = "utf-8:strict", folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """``regard ARGUMENTS… REDIRECTED``, as a shell runs it."""
    shell = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "regard"]
    return subprocess.run(
        [*shell, *map(str, arguments)],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="strict",
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_training_needs_nobody_who_listens(pair_files: tuple[Path, Path], tmp_path: Path, closed: str) -> None:
    source, target = pair_files
    ended = regard(
        "train", "--source", source, "--target", target, "--out", tmp_path / "run", *SMALL, redirected=closed
    )
    assert ended.returncode == 0
    assert (tmp_path / "run" / "model" / "manifest.json").is_file()
    assert "validated" not in ended.stdout  # what belongs on standard error goes nowhere else
    assert ("trained 2 steps" in ended.stdout) == (closed == "2>&-")


def test_a_closed_standard_input_is_an_empty_one(tiny_run: Path) -> None:
    ended = regard("translate", tiny_run, redirected="<&-")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "bug" not in ended.stderr


def test_results_may_go_nowhere() -> None:
    ended = regard("mask", "show", "causal", redirected=">&-")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_with_closed_streams_a_wrong_command_is_still_wrong() -> None:
    assert regard("mask", "show", "casual", redirected=">&- 2>&-").returncode == 2


def test_no_file_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What somebody writes to number 2 behind Python's back would stand in the middle of that file."""
    program = "import os; from regard.cli.streams import ready_streams as ready; ready(); print(os.open('file', 66))"
    shell = ["sh", "-c", '"$0" -c "$1" <&- 2>&-', sys.executable, program]
    assert int(subprocess.run(shell, cwd=tmp_path, capture_output=True, check=True).stdout) > 2


def test_programs_that_are_started_have_the_stream_too() -> None:
    program = (
        "import subprocess, sys; from regard.cli.streams import ready_streams as ready; ready();"
        "subprocess.run([sys.executable, '-c', 'import sys; print(sys.stderr is not None)'], check=True)"
    )
    shell = ["sh", "-c", '"$0" -c "$1" 2>&-', sys.executable, program]
    assert subprocess.run(shell, capture_output=True, check=True).stdout.strip() == b"True"


def test_a_name_that_is_not_utf_8_is_said_as_well_as_it_can_be(tmp_path: Path) -> None:
    ended = regard("mask", "show", "causal", "--svg", f"{ODD}.svg", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "written to od\\udce8d.svg\n"
    assert (tmp_path / f"{ODD}.svg").read_bytes().startswith(b"<svg")


def test_models_whose_names_are_not_utf_8_are_scored_and_compared(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / ODD).symlink_to(tiny_run)
    (tmp_path / "test.tsv").write_text("one two\tun deux\n", encoding="utf-8")
    ended = regard("evaluate", ODD, "--source", "test.tsv", "--compare", tiny_run, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "first: od\\udce8d   second: " in ended.stdout


def test_a_file_whose_name_is_not_utf_8_is_translated_and_reviewed(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / f"{ODD}.md").write_text("one two\n", encoding="utf-8")
    ended = regard("translate", tiny_run, f"{ODD}.md", "-o", "out.md", "--review", "r.html", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "od\ufffdd.md: translated by" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [["lab", "list"], ["mask", "show", "causal", "--why", "2,3"], ["--help"]])
def test_an_old_encoding_stops_no_command(command: list[str]) -> None:
    ended = regard(*command, encoding="latin-1")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_json_stays_json_in_an_old_encoding(tiny_run: Path, tmp_path: Path) -> None:
    """Its own escapes are written: those of the stream, such as \\U0001f600, are none that JSON knows."""
    (tmp_path / "😀").symlink_to(tiny_run)
    (tmp_path / "😀.tsv").write_text("one two\tun deux\n", encoding="utf-8")
    files = ["--source", "😀.tsv", "--compare", tiny_run]
    ended = regard("evaluate", "😀", *files, "--json", encoding="latin-1", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    record = json.loads(ended.stdout)
    assert (record["model"], record["test_set"]) == ("😀", "😀.tsv")


def test_the_heading_of_the_demonstration_is_written_in_an_old_encoding() -> None:
    program = (
        "from regard.cli.streams import ready_streams as r; r(); from regard.cli.demo import _heading as h; h('→')"
    )
    old = os.environ | {"PYTHONIOENCODING": "latin-1"}
    shown = subprocess.run([sys.executable, "-c", program], env=old, capture_output=True, text=True, check=True)
    assert shown.stdout == "\n\\u2192\n\n"


def test_settings_keep_no_name_that_is_not_utf_8(pair_files: tuple[Path, Path], tmp_path: Path) -> None:
    source, target = pair_files
    odd = source.rename(tmp_path / f"{ODD}.en")
    ended = regard("train", "--source", odd, "--target", target, "--out", tmp_path / "run", *SMALL)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"regard: {tmp_path}/od\\udce8d.en: this path is not UTF-8, and the settings")
    assert "ln -s" in ended.stderr
    assert not (tmp_path / "run").exists()
