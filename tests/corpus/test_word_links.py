import pytest

from regard.corpus.word_links import read_word_links
from regard.errors import CorpusError


def test_sure_and_possible_links_are_counted_from_zero(tmp_path):
    path = tmp_path / "gold"
    path.write_text("1-1 2p3\n\n12-1\n", encoding="utf-8")
    first, second, third = read_word_links(path)
    assert first.sure == {(0, 0)}
    assert first.possible == {(0, 0), (1, 2)}
    assert second.sure == second.possible == frozenset()
    assert third.sure == {(11, 0)}


@pytest.mark.parametrize("link", ["0-1", "1_1", "1-", "a-b", "1-1-1", "-1-1", "<script>"])
def test_anything_else_is_named_with_its_line(tmp_path, link):
    path = tmp_path / "gold"
    path.write_text(f"1-1\n2-2 {link}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"gold, line 2: .* is no link; a sure link is written 3-4"):
        read_word_links(path)


def test_the_hansards(regard_data):
    gold = read_word_links(regard_data / "alignments" / "enfr.gold")
    assert len(gold) == 447
    assert sum(len(each.sure) for each in gold) == 4038
    assert sum(len(each.possible) for each in gold) == 17438
