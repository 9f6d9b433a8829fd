"""``regard demo``, on a corpus and with a training time that fit a test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from regard.cli import demo as demo_file

# A process of its own, where shapes are not checked at every call: the demo translates a lot.
PROGRAM = """
import sys
from regard.cli import main
from regard.runs import data
data.BUILTIN_SIZE = 1000
main(sys.argv[1:])
"""


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs ``regard`` in a folder, with a built-in corpus of 1,000 pairs."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_demo_tells_its_story(tmp_path: Path) -> None:
    result = run("demo", "--minutes", 0.03, "--seed", 2, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("nrefs:1|case:") == 3
    assert re.search(r"The cat is on the mat\. +→ ", result.stdout)
    for words in ("“I love you.”, word by word", "The model is in demo-model", "translate demo-model --stream"):
        assert words in result.stdout
    assert "validated: " in result.stderr
    few = re.search(r"(\d+) updates are too few for good French.*demo --minutes (\d+)", result.stdout, re.DOTALL)
    assert few
    assert int(few[1]) * int(few[2]) / 0.03 >= 1000, "so long is enough"
    report = tmp_path / "demo-model" / "attention.html"
    assert result.stdout.endswith(f"  {report}\n")
    assert "The cat chased the dog." in report.read_text(encoding="utf-8")
    assert "seed = 2" in (tmp_path / "demo-model" / "settings.toml").read_text(encoding="utf-8")
    evaluated = run("evaluate", "demo-model", "--beam-size", 1, folder=tmp_path)
    assert "sentences: test pairs of the built-in corpus" in evaluated.stderr


def test_a_demo_model_that_is_there_stays(tmp_path: Path) -> None:
    first = tmp_path / "demo-model"
    assert demo_file.first_free(first) == first
    first.mkdir()
    assert demo_file.first_free(first) == tmp_path / "demo-model-2"
    (tmp_path / "demo-model-2").touch()
    assert demo_file.first_free(first) == tmp_path / "demo-model-3"


def test_a_sentence_grows_word_by_word() -> None:
    assert list(demo_file.growing(iter(["Je", " ", "t'", "aime", "."]))) == ["Je", "Je t'", "Je t'aime", "Je t'aime."]


def test_commands_can_be_typed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "argv", [".venv/bin/regard", "demo"])
    assert demo_file.next_commands(Path("m"))[1] == "  .venv/bin/regard translate m --stream"
