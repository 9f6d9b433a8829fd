import numpy as np
import pytest

from regard.errors import InputError
from regard.evaluation.alignment import score_alignments
from regard.tracing.alignment import fit_mixture


@pytest.fixture(scope="module")
def made():
    """Two heads that each know half of every pair's words, one of them a row later, among six of noise."""
    rng = np.random.default_rng(1)
    tables, gold = [], []
    for _ in range(60):
        turned = rng.permutation(4)
        gold.append({(int(place), row) for row, place in enumerate(turned)})
        table = rng.random((2, 2, 2, 4, 4)).astype(np.float32)
        known = np.eye(4)[turned] + 0.05
        table[0, 1, 0, :2], table[0, 1, 0, 2:] = known[:2], 0.25
        table[1, 0, 1, 2:], table[1, 0, 1, :2] = known[2:], 0.25
        tables.append((table[0], table[1]))
    return tables, gold


def judged(gold):
    return lambda links: 1 - score_alignments(links, gold).error_rate


def test_heads_that_know_get_the_weight(made):
    tables, gold = made
    mixture = fit_mixture(tables[:40], gold[:40], judged(gold[:40]), shares=[(0.0, 1.0)])
    largest = np.argsort(np.abs(mixture.weights).ravel())[-2:]
    assert {tuple(map(int, np.unravel_index(place, mixture.weights.shape))) for place in largest} == {
        (0, 1, 0),
        (1, 0, 1),
    }
    links = [mixture.links(*pair) for pair in tables[40:]]
    assert score_alignments(links, gold[40:]).error_rate < 0.1


def test_a_head_that_is_always_wrong_gets_a_negative_weight():
    rng = np.random.default_rng(2)
    tables, gold = [], []
    for _ in range(40):
        turned = rng.permutation(3)
        gold.append({(int(place), row) for row, place in enumerate(turned)})
        table = np.full((2, 1, 1, 3, 3), 0.3, np.float32)
        table[1, 0, 0] = 1.0 - np.eye(3)[turned]
        tables.append((table[0], table[1]))
    mixture = fit_mixture(tables, gold, judged(gold), shares=[(0.0, 1.0)])
    assert mixture.weights[1, 0, 0] < 0
    assert score_alignments([mixture.links(*pair) for pair in tables], gold).error_rate == 0


def test_strengths_are_probabilities(made):
    tables, gold = made
    mixture = fit_mixture(tables[:5], gold[:5], judged(gold[:5]), shares=[(0.2, 0.4)])
    assert np.allclose(mixture.strengths(*tables[0]).sum(axis=1), 1)
    empty = np.zeros((2, 2, 0, 3), np.float32)
    assert mixture.links(empty, empty) == ()
    none = np.zeros((2, 2, 3, 0), np.float32)
    assert mixture.links(none, none) == ()


def test_the_same_every_time(made):
    tables, gold = made
    one, other = (fit_mixture(tables[:10], gold[:10], judged(gold[:10]), shares=[(0.0, 1.0)]) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)


def test_shares_are_those_the_judge_likes(made):
    tables, gold = made
    assert fit_mixture(tables[:9], gold[:9], judged(gold[:9]), shares=[(1.0, 1.0), (0.0, 1.0)]).least_share == 0


def test_nothing_to_fit_to(made):
    tables, gold = made
    for links in ([set() for _ in tables], gold[:3]):
        with pytest.raises(InputError, match="weights of heads are fitted to links made by hand, but 60 pairs"):
            fit_mixture(tables, links, lambda _: 0.0, shares=[(0.0, 1.0)])
