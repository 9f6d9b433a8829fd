import math

import numpy as np
import pytest

from regard.errors import InputError
from regard.evaluation.alignment import score_alignments
from regard.tracing.alignment import association, choose_reader

GOOD, SHIFT = (1, 0), 1


@pytest.fixture(scope="module")
def made():
    """Sentences of three words in any order, and heads of noise but one, which knows the order, one row later."""
    rng = np.random.default_rng(0)
    names = [f"w{number}" for number in range(8)]
    pairs, tables, gold = [], [], []
    for _ in range(60):
        order = rng.permutation(8)[:3]
        turned = rng.permutation(3)
        pairs.append(([names[word] for word in order], [names[order[place]].upper() + "x" for place in turned]))
        gold.append({(int(place), row) for row, place in enumerate(turned)})
        table = rng.random((2, 2, 2, 3, 3)).astype(np.float32)
        table[SHIFT][GOOD] = np.eye(3)[turned] + 0.05
        tables.append((table[0], table[1]))
    return pairs, tables, gold


def test_links_made_by_hand_find_the_head_that_knows(made):
    _, tables, gold = made
    choice = choose_reader(tables, lambda links: 1 - score_alignments(links, gold).error_rate)
    assert (choice.reader.heads, choice.reader.shift) == ((GOOD,), SHIFT)
    assert choice.value == 1
    assert len(choice.single) == 8
    assert max(choice.single, key=choice.single.get) == (*GOOD, SHIFT)


def test_so_do_the_words_alone(made):
    pairs, tables, _ = made
    choice = choose_reader(tables, association(*zip(*pairs, strict=True)))
    assert (choice.reader.heads[0], choice.reader.shift) == (GOOD, SHIFT)


def test_a_second_head_joins_where_it_helps(made):
    _, tables, gold = made
    half = []
    for number, (first, second) in enumerate(tables):
        blind = second.copy()
        # Each of two heads knows every other sentence.
        known = second[GOOD].copy()
        blind[GOOD], blind[0, 1] = (known, np.full((3, 3), 0.01)) if number % 2 else (np.full((3, 3), 0.01), known)
        half.append((first, blind.astype(np.float32)))
    choice = choose_reader(half, lambda links: 1 - score_alignments(links, gold).error_rate)
    assert set(choice.reader.heads) == {GOOD, (0, 1)}
    assert choice.value == 1


def test_shares_are_chosen_after_the_heads(made):
    _, tables, gold = made

    def prefers_few(links):
        return float(-sum(map(len, links)))

    assert choose_reader(tables, prefers_few, shares=[(0.0, 1.0), (1.0, 1.0)]).reader.least_share == 1
    by_gold = choose_reader(
        tables, lambda links: 1 - score_alignments(links, gold).error_rate, shares=[(1.0, 1.0), (0.0, 1.0)]
    )
    assert by_gold.reader.least_share == 0


def test_association_by_hand():
    judge = association([["a", "b"], ["A"]], [["x"], ["X"]])
    # "a"-"x" is linked twice, one other link each time: (2 - 1) * 2 / (2 * 2).
    assert judge([((0, 0),), ((0, 0),)]) == pytest.approx(math.log(1 * 2 / (2 * 2)))
    assert judge([(), ()]) == -math.inf


def test_linking_everything_to_one_word_is_worth_nothing(made):
    pairs, _, gold = made
    judge = association(*zip(*pairs, strict=True))
    assert judge([tuple(each) for each in gold]) > judge([tuple((0, row) for row in range(3)) for _ in gold]) + 1


def test_no_pairs_no_choice():
    with pytest.raises(InputError, match="chosen by development pairs, but none are given"):
        choose_reader([], lambda links: 0.0)
