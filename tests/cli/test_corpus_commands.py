"""``regard corpus``: what is printed, what is written, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from regard.cli.corpus import app

ENGLISH = [f"This is sentence {number}{' or so' * (number % 4)}." for number in range(40)]
FRENCH = [f"Ceci est la phrase {number}{' environ' * (number % 4)}." for number in range(40)]


def corpus(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def sides(tmp_path) -> tuple[Path, Path]:
    paths = tmp_path / "a.en", tmp_path / "a.fr"
    for path, lines in zip(paths, (ENGLISH, FRENCH), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def test_the_commands_are_these():
    assert [command.callback.__name__ for command in app.registered_commands] == [
        "check",
        "clean",
        "split",
        "sample",
        "builtin",
        "get",
    ]
    for command in app.registered_commands:
        assert corpus(command.callback.__name__, "--help").exit_code == 0


def test_a_sound_corpus_passes_the_check(sides):
    result = corpus("check", *sides)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "40 pairs read, 40 kept" in result.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n".join(FRENCH[1:]) + "\n", "has 40 lines but"),
        ("\n".join(FRENCH[:-1]) + "\n\n", "sentences are damaged, as said above"),
        ("\n".join(FRENCH).replace("Ceci", "Voilà"), "line 1: not UTF-8"),
    ],
)
def test_a_damaged_corpus_ends_with_2_and_one_message(sides, content, message):
    sides[1].write_bytes(content.encode("latin-1"))
    result = corpus("check", *sides)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.startswith("regard: ")
    assert result.stderr.count("\n") == 1


def test_a_sentence_cannot_move_the_cursor(sides):
    sides[0].write_text("\x1b[2J\n" * 40 + "x\n", encoding="utf-8")
    result = corpus("check", *sides)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr + result.stdout


def test_cleaning_writes_a_folder(sides, tmp_path):
    with sides[1].open("a", encoding="utf-8") as file:
        file.write("seul\n")
    with sides[0].open("a", encoding="utf-8") as file:
        file.write("\n")
    result = corpus("clean", *sides, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "1 left out: blank on one side (line 41)" in result.stdout
    assert len((tmp_path / "out" / "clean.fr").read_text(encoding="utf-8").splitlines()) == 40
    again = corpus("clean", *sides, "--out", tmp_path / "out")
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)


def test_rules_can_be_relaxed(tmp_path):
    table = tmp_path / "a.tsv"
    table.write_text("a\tb\na\tb\nthe same here\tthe same here\nlong\t" + "long " * 50 + "\n", encoding="utf-8")
    assert "4 pairs read, 1 kept" in corpus("check", table).stdout
    relaxed = corpus("check", table, "--keep-seen", "--keep-same", "--max-ratio", 100)
    assert "4 pairs read, 4 kept" in relaxed.stdout
    assert "1 left out: too long (line 4)" in corpus("check", table, "--max-characters", 200).stdout


def test_a_shift_can_be_a_false_alarm(tmp_path, sides):
    lines = [line for number, line in enumerate(ENGLISH * 10) if number]
    sides[0].write_text("\n".join([*lines, "end"]) + "\n", encoding="utf-8")
    sides[1].write_text("\n".join(FRENCH * 10) + "\n", encoding="utf-8")
    assert corpus("check", *sides).exit_code == 2
    assert corpus("check", *sides, "--no-alignment-check").exit_code == 0
    assert corpus("clean", *sides, "--out", tmp_path / "out").exit_code == 2
    assert corpus("clean", *sides, "--out", tmp_path / "out", "--no-alignment-check").exit_code == 0


def test_splitting_writes_a_folder(sides, tmp_path):
    result = corpus("split", *sides, "--valid", 5, "--test", 3, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout == f"32 train, 5 valid and 3 test pairs written to {tmp_path / 'out'}\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "test.en",
        "test.fr",
        "train.en",
        "train.fr",
        "valid.en",
        "valid.fr",
    ]
    assert corpus("split", *sides, "--out", tmp_path / "other").exit_code == 2
    huge = corpus("split", *sides, "--valid", 5, "--test", 3, "--seed", "9" * 23, "--out", tmp_path / "other")
    assert (huge.exit_code, huge.stderr.count("\n")) == (2, 1)
    piped = CliRunner().invoke(app, ["split", "-", "--out", str(tmp_path / "other")], input="one\tun\n" * 50)
    assert (piped.exit_code, "save it as a file first" in piped.stderr) == (2, True)
    assert not (tmp_path / "other").exists()


def test_a_sample_is_printed_or_written(sides, tmp_path):
    written = corpus("sample", *sides, "--size", 5, "--out", tmp_path / "out")
    assert written.stdout == f"5 pairs written to {tmp_path / 'out'}\n"
    lines = corpus("sample", *sides, "--size", 5).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == (tmp_path / "out" / "sample.en").read_text().splitlines()
    table = CliRunner().invoke(app, ["sample", "-"], input="one\tun\n")
    assert table.stdout == "one\tun\n"


@pytest.mark.parametrize("name", ["", "*.tsv"])
def test_a_folder_of_files_is_taken_by_every_command(tmp_path, name):
    folder = tmp_path / "shards"
    folder.mkdir()
    rows = [f"{english}\t{french}\n" for english, french in zip(ENGLISH, FRENCH, strict=True)]
    for number in range(2):
        (folder / f"{number}.tsv").write_text("".join(rows[number * 20 : number * 20 + 20]), encoding="utf-8")
    source = folder / name
    assert "40 pairs read, 40 kept" in corpus("check", source).stdout
    assert "40 pairs read, 40 kept" in corpus("clean", source, "--out", tmp_path / "clean").stdout
    split = corpus("split", source, "--valid", 5, "--test", 3, "--out", tmp_path / "split")
    assert split.stdout.startswith("32 train, 5 valid and 3 test pairs")
    assert len(corpus("sample", source, "--size", 40).stdout.splitlines()) == 40


def test_tabs_and_line_feeds_do_not_break_a_printed_table(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"source": "a\tb", "target": "c\nd"}) + "\n", encoding="utf-8")
    assert corpus("sample", path).stdout == "a b\tc d\n"


def test_the_built_in_corpus_is_written(tmp_path):
    out = tmp_path / "out"
    # In a Python of its own: with types checked at every call, a thousand pairs take half a minute.
    command = [sys.executable, "-m", "regard", "corpus", "builtin", "--size", "1000", "--seed", "3", "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("train: 800 pairs\nvalid: 100 pairs\ntest: 100 pairs\n")
    english = (out / "train.en").read_text(encoding="utf-8").split("\n")[:-1]
    french = (out / "train.fr").read_text(encoding="utf-8").split("\n")[:-1]
    records = [json.loads(line) for line in (out / "train.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert len(english) == 800
    assert [(record["source"], record["target"]) for record in records] == list(zip(english, french, strict=True))
    assert all(record["alignment"] and record["structure"] for record in records)
    assert corpus("check", out / "valid.en", out / "valid.fr").exit_code == 0
    assert corpus("builtin", "--size", 3, "--out", tmp_path / "small").exit_code == 2
