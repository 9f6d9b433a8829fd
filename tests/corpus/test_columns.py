"""Columns of a table and keys of JSON lines: those asked for are read, or it is said why not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regard.cli.app import app
from regard.corpus import Reading, check_corpus, read_pairs
from regard.corpus.formats.registry import READERS
from regard.corpus.pairs import LINE_READERS
from regard.errors import CorpusError

SWAPPED = Reading(source_column="target", target_column="source")
OPTIONS = ("--source-column", "target", "--target-column", "source")


def file_with(folder: Path, suffix: str, content: str) -> Path:
    path = folder / f"t{suffix}"
    path.write_text(content, encoding="utf-8")
    return path


def pairs_of(path: Path, reading: Reading | None = None) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in read_pairs(path, reading=reading or Reading())]


def write_arrow(path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    import pyarrow.parquet

    table = arrow.table({"source": ["Hello"], "target": ["Bonjour"]})
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
        return
    with arrow.ipc.new_file(path, table.schema) as file:
        file.write_table(table)


def write_text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content, encoding="utf-8")


WRITERS: dict[str, Callable[[Path], object]] = {
    ".tsv": write_text("source\ttarget\nHello\tBonjour\n"),
    ".jsonl": write_text('{"source": "Hello", "target": "Bonjour"}\n'),
    ".csv": write_text("source,target\nHello,Bonjour\n"),
    ".parquet": write_arrow,
    ".arrow": write_arrow,
}


@pytest.mark.parametrize("suffix", sorted(READERS | LINE_READERS))
def test_every_format_obeys_columns_or_refuses_them(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    WRITERS.get(suffix, write_text("no columns\n"))(path)
    result = CliRunner().invoke(app, ["corpus", "sample", str(path), *OPTIONS])
    if suffix in WRITERS:
        assert (result.exit_code, result.stdout) == (0, "Bonjour\tHello\n")
    else:
        assert result.exit_code == 2
        assert "is no table with named columns" in result.stderr


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        (".tsv", "Hello\tBonjour\n", "has no column 'target' for the source; its columns are 'Hello', 'Bonjour'"),
        (".jsonl", '{"pe": "Hello"}\n', 'line 1: an object with the strings "target" and "source" .* the keys \'pe\''),
    ],
)
def test_columns_that_are_not_there_are_refused(suffix: str, content: str, message: str, tmp_path: Path) -> None:
    path = file_with(tmp_path, suffix, content)
    for read in (pairs_of, lambda path, reading: check_corpus(path, reading=reading)):
        with pytest.raises(CorpusError, match=message):
            read(path, SWAPPED)


def test_a_table_with_a_first_line_of_names(tmp_path: Path) -> None:
    path = file_with(tmp_path, ".tsv", "id\tEnglish\tFrench\n1\tHello\tBonjour\n\n2\tGood day\tBonne journée\n")
    named = Reading(source_column="English", target_column="French")
    assert pairs_of(path, named) == [("Hello", "Bonjour"), ("Good day", "Bonne journée")]
    assert [pair.origin.line for pair in read_pairs(path, reading=named)] == [2, 4]
    assert pairs_of(path)[:2] == [("id", "English"), ("1", "Hello")]  # without columns asked for, as it stands
    if_there = Reading(source_column="Dutch", target_column="French", columns_must_exist=False)
    assert pairs_of(path, if_there) == pairs_of(path)
    with pytest.raises(CorpusError, match="has the columns 'id', 'English', 'French'; say which hold source and targ"):
        pairs_of(path, Reading(source_column="English"))
    assert check_corpus(path, reading=named).report.kept == 2


def test_keys_of_json_lines(tmp_path: Path) -> None:
    record = {"id": 1, "source": "Hello", "target": "by a machine", "pe": "Bonjour"}
    path = file_with(tmp_path, ".jsonl", f"\n{json.dumps(record)}\n")
    assert pairs_of(path, Reading(target_column="pe")) == [("Hello", "Bonjour")]
    assert pairs_of(path) == [("Hello", "by a machine")]
    for column in ("pe", "no"):
        if_there = Reading(target_column=column, columns_must_exist=False)
        assert pairs_of(path, if_there) == [("Hello", "Bonjour" if column == "pe" else "by a machine")]
    with pytest.raises(CorpusError, match="both sides would be 'target'; name the other one too"):
        pairs_of(path, Reading(source_column="target"))


def test_json_lines_hold_both_sides(tmp_path: Path) -> None:
    for name in ("en.jsonl", "fr.jsonl", "fr.txt"):
        (tmp_path / name).write_text('{"text": "Hello"}\n')
    for target in ("fr.jsonl", "fr.txt"):
        with pytest.raises(CorpusError, match=r"en\.jsonl holds both sides already; give it alone"):
            read_pairs(tmp_path / "en.jsonl", tmp_path / target)


def test_two_files_have_no_columns(tmp_path: Path) -> None:
    for name in ("a.en", "a.fr"):
        (tmp_path / name).write_text("one\n")
    given = ["corpus", "check", str(tmp_path / "a.en"), str(tmp_path / "a.fr"), *OPTIONS[:2]]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 2
    assert "a.fr: this is no table with named columns" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("header", "reading", "sides"),
    [
        ("key,source,target,fr_reviewer", Reading("en", "fr"), ("source", "target")),
        ("source,target", Reading("en", "fr"), ("source", "target")),
        ("Source,translation", Reading(), ("Source", "translation")),
        ("id,EN,fr", Reading("en", "fr"), ("EN", "fr")),
        ("source,en,fr", Reading("en", "fr"), ("en", "fr")),  # the first is where a sentence comes from
        ("fr_mt,fr,en_id,en", Reading("en", "fr"), ("en", "fr")),
        ("en-US,fr-FR,source,target", Reading("en", "fr"), ("en-US", "fr-FR")),
        ("en_US,fr_FR,en_id,fr_notes", Reading("en", "fr"), ("en_US", "fr_FR")),
        ("en_us,fr_fr", Reading("en", "fr"), ("en_us", "fr_fr")),
        ("EN-GB,FR-FR", Reading("en", "fr"), ("EN-GB", "FR-FR")),
        ("en,pt_br", Reading("en", "pt-BR"), ("en", "pt_br")),
        ("en,fr", Reading("en-GB", "fr-FR"), ("en", "fr")),
        ("en,en-GB", Reading("en", "en-GB"), ("en", "en-GB")),
        ("zh-Hans,sr_latn,es-419", Reading("zh", "sr"), ("zh-Hans", "sr_latn")),
        ("zh_Hant_TW,es_419", Reading("zh", "es"), ("zh_Hant_TW", "es_419")),
    ],
)
def test_columns_are_taken_by_their_names(
    header: str, reading: Reading, sides: tuple[str, str], tmp_path: Path
) -> None:
    path = file_with(tmp_path, ".csv", f"{header}\n{header}\n")
    assert pairs_of(path, reading) == [sides]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("en_id,en_text,fr_id,fr_text", "the columns 'en_id', 'en_text', 'fr_id', 'fr_text'; say which hold source"),
        ("English,French,en_id,fr_id", "the columns 'English', 'French', 'en_id', 'fr_id'; say which hold source"),
        ("en_gb,en_text,fr", "several columns that may be the source: 'en_gb', 'en_text'; say which with --source"),
        ("en-GB,en-US,fr", "several columns that may be the source: 'en-GB', 'en-US'; say which with --source-column"),
        ("en,fr_FR,fr-CA", r"the target: 'fr_FR', 'fr-CA'; .* --target-column \(regard train: data.target_column=…\)"),
        ("source,target,fr_mt", "several columns that may be the target: 'target', 'fr_mt'"),
        ("source,en_gb,fr", "several columns that may be the source: 'source', 'en_gb'"),
        ("en,EN,fr", "several columns that may be the source: 'en', 'EN'"),
        ("en_text,fr_text", "has the columns 'en_text', 'fr_text'; say which hold source and target"),
        ("en,fr_reviewer", "has the columns 'en', 'fr_reviewer'; say which hold source and target"),
        ("en,france", "has the columns 'en', 'france'; say which hold source and target"),
    ],
)
def test_columns_that_are_not_clear_are_refused(header: str, message: str, tmp_path: Path) -> None:
    path = file_with(tmp_path, ".csv", f"{header}\n{header}\n")
    with pytest.raises(CorpusError, match=message):
        pairs_of(path, Reading("en", "fr"))
