"""Pairs that are checked while they are read: the same pairs, the same findings, in one reading."""

from pathlib import Path

import pytest

from regard.corpus import check as checking
from regard.corpus import check_corpus, read_checked
from regard.corpus.rules import RATIO, SEEN
from regard.errors import CorpusError

ROWS = ["one cat\tun chat", "one cat\tun chat", "\tseul", "\t", "two\t" + "deux " * 40, "Ã©tÃ©\tété", "no\tnon"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "a.tsv"
    path.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    return path


def test_what_stays_is_what_the_check_counts(table: Path) -> None:
    checked = read_checked(table)
    assert [pair.origin.line for pair in checked.pairs] == [1, 7]
    assert checked.result.lines() == check_corpus(table).lines()


def test_tolerated_faults_leave_no_pair_out(table: Path) -> None:
    checked = read_checked(table, tolerates={SEEN, RATIO})
    assert [pair.origin.line for pair in checked.pairs] == [1, 2, 5, 7]
    assert checked.result.report.kept_despite == {SEEN: 1, RATIO: 1}
    assert sum(checked.result.report.dropped.values()) == 3


def test_each_file_is_opened_twice_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tmp_path / "a.en", tmp_path / "a.fr"
    for path in paths:
        path.write_text("one\ntwo\n", encoding="utf-8")
    opened: list[str] = []
    plain_open = Path.open

    def counting(self: Path, *arguments: object, **options: object) -> object:
        opened.append(self.name)
        return plain_open(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", counting)
    assert len(read_checked(*paths).pairs) == 2
    assert sorted(opened) == ["a.en", "a.en", "a.fr", "a.fr"]  # once for its bytes, once for its sentences


def test_a_file_that_holds_no_pairs_is_refused_before_it_is_surveyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("one\n", encoding="utf-8")
    monkeypatch.setattr(checking, "survey", lambda path: pytest.fail("surveyed"))
    with pytest.raises(CorpusError, match=r"a\.txt alone holds no pairs that can be read"):
        read_checked(tmp_path / "a.txt")
