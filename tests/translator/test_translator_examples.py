"""The examples of this room run as they stand, on any model folder."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("03_translate_a_sentence.py", [], ["en → fr", "I love you.", "Three ways to translate 'I love you.':"]),
        ("03_translate_a_sentence.py", ["The dog."], ["The dog.", "Three ways to translate 'The dog.':"]),
        ("04_stream_words.py", ["I love you.", "--seconds", "0"], ["I love you.", "only the first piece:"]),
        ("07_see_inside.py", ["The dog."], ["The dog. → ", "looked at", "It hangs most on head", "All checks hold."]),
    ],
)
def test_the_example_runs(name, arguments, expected, model_folder, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [name, str(model_folder), *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    printed = capsys.readouterr().out
    assert [line for line in expected if line not in printed] == []
