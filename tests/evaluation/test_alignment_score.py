import pytest

from regard.errors import InputError
from regard.evaluation.alignment import diagonal_links, score_alignments


def test_the_formula_by_hand():
    # Two of three links are possible, one of them sure; two links are sure in all.
    score = score_alignments([{(0, 0), (1, 2), (2, 1)}], [{(0, 0), (2, 2)}], [{(1, 2)}])
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(1 / 2)
    assert score.error_rate == pytest.approx(1 - (1 + 2) / (3 + 2))
    assert (score.num_links, score.num_sure, score.num_sentences) == (3, 2, 1)


def test_counts_are_summed_over_sentences_and_not_averaged():
    score = score_alignments([{(0, 0)}, set()], [{(0, 0)}, {(0, 0), (1, 1), (2, 2)}])
    assert score.recall == 1 / 4
    assert score.precision == 1
    assert score.error_rate == pytest.approx(1 - 2 / 5)


def test_perfect_and_wrong():
    assert score_alignments([{(0, 0)}], [{(0, 0)}]).error_rate == 0
    assert score_alignments([{(0, 1)}], [{(0, 0)}]).error_rate == 1


def test_a_link_twice_counts_once():
    assert score_alignments([[(0, 0), (0, 0)]], [{(0, 0)}]).num_links == 1


def test_it_reads_as_a_line():
    score = score_alignments([{(0, 0)}], [{(0, 0), (1, 1)}])
    assert str(score) == "AER 33.3%, precision 100.0%, recall 50.0% (1 links, 1 sentences)"


@pytest.mark.parametrize(
    ("links", "sure", "possible", "message"),
    [
        ([set()], [set(), {(0, 0)}], None, "links of 1 sentence pairs cannot be judged by sure links of 2"),
        ([set()], [{(0, 0)}], [], "and possible links of 0; all must be of the same pairs"),
        ([{(0, 0)}], [set()], None, "there is no sure link to judge by"),
        ([], [], None, "there is no sure link to judge by"),
    ],
    ids=["fewer", "possible", "unsure", "empty"],
)
def test_what_cannot_be_scored(links, sure, possible, message):
    with pytest.raises(InputError, match=message):
        score_alignments(links, sure, possible)


def test_the_diagonal():
    assert diagonal_links(3, 3) == {(0, 0), (1, 1), (2, 2)}
    assert diagonal_links(2, 4) == {(0, 0), (0, 1), (1, 2), (1, 3)}
    assert diagonal_links(4, 2) == {(1, 0), (3, 1)}
    assert diagonal_links(0, 2) == set()
    assert diagonal_links(2, 0) == set()
