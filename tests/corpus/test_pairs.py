import gzip
import io
import sys
from pathlib import Path

import pytest

from regard.corpus import STANDARD_INPUT, Origin, Pair, Report, read_lines, read_pairs
from regard.errors import CorpusError


def write(path: Path, text: str) -> Path:
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_two_files_are_read_side_by_side(tmp_path, ending):
    source = write(tmp_path / f"a.en{ending}", "one\r\ntwo\u2028still two\r\n")
    target = write(tmp_path / f"a.fr{ending}", "un\ndeux")
    assert list(read_pairs(source, target)) == [
        Pair("one", "un", Origin(str(source), 1)),
        Pair("two\u2028still two", "deux", Origin(str(source), 2)),
    ]


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.TSV"])
def test_a_table_holds_both_sides(tmp_path, name):
    path = write(tmp_path / name, "one\tun\ntwo\tdeux\n")
    assert [(pair.source, pair.target, pair.origin.line) for pair in read_pairs(path)] == [
        ("one", "un", 1),
        ("two", "deux", 2),
    ]


def test_further_columns_are_not_read(tmp_path):
    path = write(tmp_path / "a.tsv", "one\tun\tCC-BY 1\n\ntwo\tdeux\tCC-BY 2\n")
    assert [(pair.source, pair.target) for pair in read_pairs(path)] == [("one", "un"), ("two", "deux")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_lines_hold_both_sides(tmp_path, name):
    path = write(
        tmp_path / name, '{"source": "one", "target": "un", "note": 3}\n\n{"target": "deux", "source": "two"}\n'
    )
    assert [(pair.source, pair.target, pair.origin.line) for pair in read_pairs(path)] == [
        ("one", "un", 1),
        ("two", "deux", 3),
    ]


def test_standard_input_is_a_table(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\tun\n")))
    assert list(read_pairs(STANDARD_INPUT)) == [Pair("one", "un", Origin("-", 1))]


@pytest.mark.guarantee(
    "A line that is blank on one side is left out with its other side and told; nothing shifts",
    area="data",
    control="test_blanks_dropped_on_each_side_alone_are_caught",
    reported="OpenNMT-py, eole, JoeyNMT",
)
def test_blanks_are_dropped_whole_counted_and_never_shifted(tmp_path):
    source = write(tmp_path / "a.en", "one\n\n three \n \nfive\n")
    target = write(tmp_path / "a.fr", "un\ndeux\ntrois\n\u00a0\n\n")
    report = Report()
    assert [(pair.source, pair.target) for pair in read_pairs(source, target, report=report)] == [
        ("one", "un"),
        (" three ", "trois"),
    ]
    assert (report.read, report.kept) == (5, 2)
    assert report.dropped == {"blank on one side": 2, "blank on both sides": 1}
    assert report.lines() == [
        "5 pairs read, 2 kept",
        "2 left out: blank on one side (line 2, 5)",
        "1 left out: blank on both sides (line 4)",
    ]


@pytest.mark.guarantee(
    "Files of different length are refused, with both counts and the place where they part",
    area="data",
    control="test_files_that_are_only_zipped_are_caught",
    reported="OpenNMT-py, eole, JoeyNMT",
)
def test_different_counts_are_refused_with_both_counts_and_the_place(tmp_path):
    english = [f"This is sentence {number} of the text{', really' * (number % 7)}." for number in range(300)]
    french = [f"Ceci est la phrase {number} du texte{', vraiment' * (number % 7)}." for number in range(300)]
    source = write(tmp_path / "a.en", "\n".join(english) + "\n")
    target = write(tmp_path / "a.fr", "\n".join(french[:200] + french[201:]) + "\n")
    with pytest.raises(
        CorpusError,
        match=r"a\.en has 300 lines but .*a\.fr has 299; line by line they must be translations\. From about line 201 "
        r"on they do not fit \('This is sentence 200.*' \| 'Ceci est la phrase 201.*'\): a sentence seems to be "
        r"missing in .*a\.fr near there; put it back",
    ):
        read_pairs(source, target)


def test_files_that_are_only_zipped_are_caught(tmp_path, monkeypatch):
    monkeypatch.setattr("regard.corpus.pairs.count_lines", lambda path: 300)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_different_counts_are_refused_with_both_counts_and_the_place(tmp_path)


def test_blanks_dropped_on_each_side_alone_are_caught(tmp_path, monkeypatch):
    def each_side_alone(source, target):
        sides = [[line for line in read_lines(path) if line.strip()] for path in (source, target)]
        return (Pair(*both, Origin(str(source), 1)) for both in zip(*sides, strict=False))

    monkeypatch.setattr("regard.corpus.pairs._side_by_side", each_side_alone)
    with pytest.raises(AssertionError):
        test_blanks_are_dropped_whole_counted_and_never_shifted(tmp_path)


def test_a_target_cut_at_the_end_is_said(tmp_path):
    source, target = write(tmp_path / "a.en", "a\nb\nc\nd\n"), write(tmp_path / "a.fr", "a\nb\n")
    with pytest.raises(
        CorpusError, match=r"has 4 lines but .*a\.fr has 2.*All lines up to 2 seem to fit, so .*a\.fr may"
    ):
        read_pairs(source, target)
    with pytest.raises(
        CorpusError, match=r"has 2 lines but .*a\.en has 4.*All lines up to 2 seem to fit, so .*a\.fr may"
    ):
        read_pairs(target, source)


def test_bad_bytes_are_found_with_their_line(tmp_path):
    source, target = write(tmp_path / "a.en", "a\nb\nc\n"), tmp_path / "a.fr"
    target.write_bytes(b"a\n\xe9t\xe9\nc\n")
    pairs = read_pairs(source, target)
    assert next(pairs).target == "a"
    with pytest.raises(CorpusError, match=r"a\.fr, line 2: not UTF-8"):
        next(pairs)


def test_a_file_that_shrinks_while_it_is_read_is_no_shorter_corpus(tmp_path):
    source, target = write(tmp_path / "a.en", "a\nb\n"), write(tmp_path / "a.fr", "a\nb\n")
    pairs = read_pairs(source, target)
    write(target, "a\n")
    with pytest.raises(CorpusError, match="changed while they were read"):
        list(pairs)


def test_a_missing_side_is_said(tmp_path):
    with pytest.raises(CorpusError, match=r"there is no file .*a\.en"):
        read_pairs(tmp_path / "a.en", tmp_path / "a.fr")


def test_one_plain_file_holds_no_pairs(tmp_path):
    path = write(tmp_path / "train.en", "one\n")
    with pytest.raises(
        CorpusError, match=r"train\.en alone holds no pairs .*: give the target file too, or one .*\.tsv, \.jsonl"
    ):
        read_pairs(path)


def test_standard_input_is_never_one_side_of_two(tmp_path):
    path = write(tmp_path / "train.en", "one\n")
    with pytest.raises(CorpusError, match="standard input can only hold both sides, as a table"):
        read_pairs(STANDARD_INPUT, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one un\n", r"a\.tsv, line 1: source and target must be separated by a tab, but the line has no tab"),
        (
            "one\tun\ntwo\n",
            r"a\.tsv, line 2: 2 columns separated by tabs are expected, .* but there are 1; is there a tab",
        ),
        ("one\tun\ntwo\tdeux\ttrois\n", r"line 2: 2 columns .* but there are 3"),
    ],
)
def test_a_crooked_table_is_refused(tmp_path, text, message):
    with pytest.raises(CorpusError, match=message):
        list(read_pairs(write(tmp_path / "a.tsv", text)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"a\.jsonl, line 1: this is not JSON"),
        ("[" * 100_000, r"a\.jsonl, line 1: this is not JSON"),
        ("[1]", r'line 1: an object with the strings "source" and "target" is expected, but \[1\] is given'),
        ('{"en": "a", "fr": "b"}', r"but an object with the keys 'en', 'fr' is given"),
        ("{}", r"but an object with the keys \(none\) is given"),
        ('{"source": 1, "target": "b"}', r"but an object with the keys 'source', 'target' is given"),
        (r'{"source": "\ud800", "target": "b"}', r"line 1: source holds a lone surrogate"),
    ],
)
def test_crooked_json_is_refused(tmp_path, text, message):
    with pytest.raises(CorpusError, match=message):
        list(read_pairs(write(tmp_path / "a.jsonl", text)))
