"""Which piece translates which is found out from pairs alone."""

import numpy as np
import pytest

from regard.errors import TextError
from regard.text.control import EOS
from regard.text.shortlist import Shortlist, learn_shortlist

VOCAB = 40
OFFSET = 15
"""In the pairs below piece n is always translated by n + OFFSET; piece 39 stands in every translation."""


def pairs_of(seed: int, count: int = 200) -> list[tuple[list[int], list[int]]]:
    draw = np.random.default_rng(seed)
    sources = [draw.choice(np.arange(EOS + 1, 19), size=draw.integers(1, 6), replace=False) for _ in range(count)]
    return [(source.tolist(), [*draw.permutation(source + OFFSET).tolist(), 39]) for source in sources]


def test_the_translation_of_each_piece_is_found() -> None:
    learned = learn_shortlist(pairs_of(1), VOCAB, per_piece=1, num_frequent=1)
    for piece in range(EOS + 1, 19):
        assert learned.translations[learned.first[piece] : learned.first[piece + 1]].tolist() == [piece + OFFSET]
    assert learned.frequent.tolist() == [39]


def test_one_round_alone_does_not_tell_a_translation_from_what_stands_beside_it() -> None:
    """A control: it is the rounds that find it."""
    sources = [[5, 6], [5, 7], [5, 8], [5]] * 3 + [[6, 9]]
    pairs = [(source, [each + OFFSET for each in source] + [39]) for source in sources]
    best = [learn_shortlist(pairs, VOCAB, per_piece=1, rounds=rounds) for rounds in (1, 8)]
    assert [each.translations[each.first[7]] for each in best] != [7 + OFFSET, 7 + OFFSET]
    assert best[1].translations[best[1].first[7]] == 7 + OFFSET


def test_probabilities_are_those_of_model_1_worked_out_by_hand() -> None:
    # Pairs 4 → 20 and 4 5 → 20 21; of none or a piece alike: p(20 given 4) = (1/2 + 1/3) / (1/2 + 1/3 + 1/3).
    from regard.text.shortlist import _model_1

    links, probabilities = _model_1([([4], [20]), ([4, 5], [20, 21])], VOCAB, 1)
    found = dict(zip(map(divmod, links.tolist(), [VOCAB] * len(links)), probabilities.tolist(), strict=True))
    assert found[4, 20] == pytest.approx(5 / 7)
    assert found[4, 21] == pytest.approx(2 / 7)
    assert found[5, 20] == found[5, 21] == pytest.approx(1 / 2)


def test_many_links_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = learn_shortlist(pairs_of(3), VOCAB, per_piece=5)
    monkeypatch.setattr("regard.text.shortlist._LINKS_AT_ONCE", 7)
    parts = learn_shortlist(pairs_of(3), VOCAB, per_piece=5)
    assert all(
        np.array_equal(one, other) for one, other in zip(vars(whole).values(), vars(parts).values(), strict=True)
    )


def test_a_sentence_may_have_what_its_pieces_give_what_is_frequent_itself_and_control_tokens() -> None:
    shortlist = Shortlist(np.array([30]), np.array([0, 0, 0, 0, 0, 2, *[3] * 35]), np.array([20, 21, 22]))
    allowed = shortlist.allowed([[4], [5, 4, 5], []])
    assert [row.nonzero()[0].tolist() for row in allowed] == [
        [0, 1, 2, 3, 4, 20, 21, 30],
        [0, 1, 2, 3, 4, 5, 20, 21, 22, 30],
        [0, 1, 2, 3, 30],
    ]


def test_arrays_come_back() -> None:
    learned = learn_shortlist(pairs_of(2), VOCAB, per_piece=3)
    again = Shortlist.of_arrays(learned.arrays(), VOCAB)
    assert all(
        np.array_equal(one, other) for one, other in zip(vars(learned).values(), vars(again).values(), strict=True)
    )


ARRAYS = {"frequent": np.array([1]), "first": np.array([0, 1, 1]), "translations": np.array([1])}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": np.array([0, 2, 1])}, "entries do not lie one behind the other"),
        ({"first": np.array([1, 1, 1])}, "entries do not lie one behind the other"),
        ({"first": np.array([0, 1, 2])}, "entries do not lie one behind the other"),
        ({"translations": np.array([2])}, "translations holds ids that are not in its vocabulary"),
        ({"frequent": np.array([-1])}, "frequent holds ids that are not in its vocabulary"),
        ({"frequent": np.array([[1]])}, "it must have the lists frequent, first, translations"),
        ({"more": np.array([1])}, "it must have the lists frequent, first, translations"),
        ({"first": np.array([0, 1, 1, 1])}, "is for 3 pieces, but the tokenizer has 2"),
    ],
)
def test_what_is_damaged_is_refused(change: dict[str, np.ndarray], message: str) -> None:  # type: ignore[type-arg]
    Shortlist.of_arrays(ARRAYS, 2)
    with pytest.raises(TextError, match=message):
        Shortlist.of_arrays(ARRAYS | change, 2)
