from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.corpus import STANDARD_INPUT, Origin, Pair, read_pairs
from regard.corpus.writing import names_like, new_folder, pair_writer
from regard.errors import CorpusError, OutputExistsError

ORIGIN = Origin("a.en", 7)
SENTENCE = st.text(st.characters(codec="utf-8")).filter(lambda text: text.strip("\ufeff \r\n\t"))


@pytest.mark.parametrize(
    ("source", "target", "names"),
    [
        ("a/corpus.en", "b/corpus.fr", ("train.en", "train.fr")),
        ("corpus.en.gz", "corpus.fr.gz", ("train.en", "train.fr")),
        ("english.txt", "french.txt", ("train.source.txt", "train.target.txt")),
        ("english", "french", ("train.source", "train.target")),
        ("pairs.tsv.gz", None, ("train.tsv",)),
        ("pairs.JSONL", None, ("train.JSONL",)),
    ],
)
def test_names_follow_what_was_read(source, target, names):
    assert names_like("train", Path(source), target and Path(target)) == names
    assert names_like("train", STANDARD_INPUT, None) == ("train.tsv",)


@pytest.mark.parametrize("names", [("a.en", "a.fr"), ("a.tsv",), ("a.jsonl",)])
@given(sentences=st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path_factory, names, sentences):
    if names != ("a.jsonl",):
        plain = str.maketrans("\t\n\r\ufeff", "    ")
        sentences = [(source.translate(plain), target.translate(plain)) for source, target in sentences]
    folder = tmp_path_factory.mktemp("written")
    with pair_writer(folder, names) as write:
        for source, target in sentences:
            write(Pair(source, target, ORIGIN))
    read = read_pairs(*(folder / name for name in names))
    assert [(pair.source, pair.target) for pair in read] == [
        (source, target) for source, target in sentences if source.strip() and target.strip()
    ]


def test_a_line_end_or_mark_at_the_edge_goes(tmp_path):
    with pair_writer(tmp_path, ("a.en", "a.fr")) as write:
        write(Pair("\ufeffone\r", "un", ORIGIN))
    assert next(read_pairs(tmp_path / "a.en", tmp_path / "a.fr")).source == "one"


def test_sentences_that_do_not_fit_are_refused(tmp_path):
    with pair_writer(tmp_path, ("a.tsv",)) as write:
        with pytest.raises(
            CorpusError, match=r"a\.en:7: a sentence with a tab in it cannot stand in a table; use JSON"
        ):
            write(Pair("a\tb", "c", ORIGIN))
        with pytest.raises(CorpusError, match=r"a\.en:7: a sentence with a line feed in it cannot stand on one line"):
            write(Pair("a", "b\nc", ORIGIN))
    with pair_writer(tmp_path, ("a.en", "a.fr")) as write:
        write(Pair("a\tb", "c", ORIGIN))
        with pytest.raises(CorpusError, match="a sentence with a line feed in it"):
            write(Pair("a\nb", "c", ORIGIN))


def test_a_folder_appears_when_it_is_complete(tmp_path):
    with new_folder(tmp_path / "deep" / "out") as folder:
        (folder / "file").touch()
        assert not (tmp_path / "deep" / "out").exists()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert (tmp_path / "deep" / "out" / "file").exists()


def fail_inside(path: Path) -> None:
    with new_folder(path):
        raise OSError(28, "No space left on device")


def test_after_an_error_nothing_is_left(tmp_path):
    with pytest.raises(OSError, match="No space left"):
        fail_inside(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def make_twice(path: Path) -> None:
    with new_folder(path):
        path.mkdir()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExistsError, match=r"out exists already and is left as it is; give another folder"):
        make_twice(tmp_path / "out")
    with pytest.raises(OutputExistsError, match="exists already"):
        make_twice(tmp_path / "meanwhile")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meanwhile", "out"]
