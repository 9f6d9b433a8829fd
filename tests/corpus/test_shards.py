"""A corpus in several files is one corpus, whoever reads it."""

import gzip
import json
from pathlib import Path

import pytest

from regard.corpus import Pair, Reading, check_corpus, clean_corpus, read_pairs, sample_corpus, split_corpus
from regard.corpus.shards import files_named, read_corpus
from regard.errors import CorpusError

PAIRS = [(f"Sentence {number}.", f"Phrase {number}.") for number in range(30)]
FAULTY = [("Sentence 3.", "Phrase 3."), ("", "vide"), ("the same words", "the same words")]


def rows(pairs: list[tuple[str, str]]) -> str:
    return "".join(f"{source}\t{target}\n" for source, target in pairs)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tables, the last of them packed, and a file that the system left there."""
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "a.tsv").write_text(rows(PAIRS[:10]), encoding="utf-8")
    (folder / "b.tsv").write_text(rows(PAIRS[10:20] + FAULTY), encoding="utf-8")
    (folder / "c.tsv.gz").write_bytes(gzip.compress(rows(PAIRS[20:]).encode()))
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The same pairs as one table."""
    path = tmp_path / "whole.tsv"
    path.write_text(rows(PAIRS[:20] + FAULTY + PAIRS[20:]), encoding="utf-8")
    return path


def texts(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in pairs]


@pytest.mark.parametrize("name", ["", "*", "?.*", "[a-c].tsv*"])
def test_hidden_files_are_no_shards_unless_they_are_meant(folder: Path, name: str) -> None:
    assert [path.name for path in files_named(folder / name)] == ["a.tsv", "b.tsv", "c.tsv.gz"]
    assert [path.name for path in files_named(folder / ".*")] == [".DS_Store"]


def test_a_folder_is_read_as_the_whole_is(folder: Path, whole: Path) -> None:
    assert texts([*read_corpus(folder)]) == texts([*read_pairs(whole)])
    assert texts([*read_corpus(whole)]) == texts([*read_pairs(whole)])


def test_check_and_clean_find_the_same_in_a_folder_and_name_its_files(folder: Path, tmp_path: Path) -> None:
    report = clean_corpus(folder, out=tmp_path / "out")
    assert report.lines() == check_corpus(folder).report.lines()
    assert report.lines() == [
        "33 pairs read, 30 kept",
        f"1 left out: seen before ({folder / 'b.tsv'}:11)",
        f"1 left out: blank on one side ({folder / 'b.tsv'}:12)",
        f"1 left out: both sides are the same ({folder / 'b.tsv'}:13)",
    ]
    assert texts([*read_pairs(tmp_path / "out" / "clean.tsv")]) == PAIRS
    dropped = [json.loads(line) for line in (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()]
    assert [(each["file"], each["line"]) for each in dropped] == [
        (str(folder / "b.tsv"), line) for line in (11, 12, 13)
    ]


def test_cleaning_a_folder_is_cleaning_the_whole(folder: Path, whole: Path, tmp_path: Path) -> None:
    for source, out in ((folder, "one"), (folder / "*", "two"), (whole, "three")):
        clean_corpus(source, out=tmp_path / out)
    cleaned = {(tmp_path / out / "clean.tsv").read_bytes() for out in ("one", "two", "three")}
    assert len(cleaned) == 1


def test_sides_in_several_files_that_shift_are_refused_by_their_names(tmp_path: Path) -> None:
    english = [f"Sentence number {number}{' and so on' * (number % 5)}." for number in range(300)]
    for name, french in (("a", english), ("b", ["début", *english[:-1]])):
        (tmp_path / f"{name}.en").write_text("\n".join(english) + "\n", encoding="utf-8")
        (tmp_path / f"{name}.fr").write_text("\n".join(french) + "\n", encoding="utf-8")
    with pytest.raises(
        CorpusError, match=r"b\.en and .*b\.fr have the same .* about line \d on .* Nothing was written"
    ):
        clean_corpus(tmp_path / "*.en", tmp_path / "*.fr", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_split_and_sampled_as_the_whole_is(folder: Path, whole: Path, tmp_path: Path) -> None:
    for source, name in ((folder, "folder"), (whole, "whole")):
        split_corpus(source, out=tmp_path / name / "split", valid=4, test=4)
        sample_corpus(source, out=tmp_path / name / "sample", size=6)
    for written in ("split/train.tsv", "split/valid.tsv", "split/test.tsv", "sample/sample.tsv"):
        assert (tmp_path / "folder" / written).read_bytes() == (tmp_path / "whole" / written).read_bytes()


def test_files_of_several_kinds_are_written_as_json_lines(folder: Path, tmp_path: Path) -> None:
    (folder / "d.csv").write_text("en,fr\nOne more.,Une de plus.\n", encoding="utf-8")
    assert sample_corpus(folder, out=tmp_path / "out", size=99, reading=Reading("en", "fr")) == 33
    assert texts([*read_pairs(tmp_path / "out" / "sample.jsonl")])[-1] == ("One more.", "Une de plus.")
