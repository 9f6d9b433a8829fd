"""``regard translate MODEL SHARDS --engine …``: a folder in, a folder out, and what does not go with that."""

from pathlib import Path

import pytest


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    folder.mkdir()
    for name, text in (("a.txt", "one two three\none one one\n"), ("b.txt", "two two two\n")):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_folder_of_shards_becomes_another(regard, tiny_run: Path, shards: Path, tmp_path: Path) -> None:
    outcome = regard("translate", tiny_run, shards, "--engine", "local", "--output", tmp_path / "out", "--beam-size", 1)
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == "un deux trois\nun un un\n"
    assert "2/2 b.txt: 1 texts" in outcome.err
    assert "translated 3 texts into" in outcome.err
    again = regard("translate", tiny_run, shards, "--engine", "local", "--output", tmp_path / "out", "--beam-size", 1)
    assert "translated 0 texts into" in again.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "2"], "--workers: only with --engine"),
        (["--field", "x"], "--field: only with --engine"),
        (["--engine", "local"], "--engine needs shards to translate and a folder for them"),
        (["--engine", "local", "-o", "out", "--json"], "leave out --json"),
        (["--engine", "local", "-o", "out", "--overwrite"], "leave out --overwrite"),
        (["--engine", "local", "-o", "out", "--processes", "4"], "leave out --processes"),
        (["--engine", "local", "-o", "out", "--workers", "2"], "--workers is for --engine ray"),
    ],
)
def test_what_does_not_go_with_shards_is_said(
    regard, tiny_run: Path, shards: Path, options: list[str], message: str
) -> None:
    outcome = regard("translate", tiny_run, shards, *options)
    assert outcome.code == 2
    assert message in outcome.err
