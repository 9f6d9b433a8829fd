"""Claims about trained networks: judged right on figures that are given, and refused to networks that know nothing."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from regard.lab import Bench, alignment, feedforward, find_experiments, future, length, looks, order, parallel
from regard.lab.claim import Claim
from regard.lab.future import Trained
from regard.lab.looks import Share
from regard.lab.quality import Quality
from regard.lab.sentences import corpus, is_short, long_test, num_words, short_test, who_pairs

GOOD, BAD = Quality(60.0, 0.5), Quality(20.0, 0.1)
MASKED, CHEATING = Trained(1.0, 60.0, 0.0, "Je t'aime."), Trained(0.2, 5.0, 0.9, "Je Je Je")
SEEN = Share("layer 1, head 1", 0.9, 0.2, 0.3, 36)
PAIRS = short_test(1_000, 20)
KNOWN = [set(pair.alignment) for pair in PAIRS]
FAST, SLOW = {"Transformer": [9.0, 9.0], "recurrent": [9.0, 90.0]}, {"Transformer": [9.0, 9.0], "recurrent": [9.0, 9.0]}
AT_ONCE = {"Transformer": [9.0, 0.5], "recurrent": [9.0, 9.0]}
TRAINED = ["order", "length", "feedforward", "future", "looks", "alignment"]


def lengths_claim(**long_bleu: float) -> Claim:
    found = {kind: (GOOD, Quality(long_bleu.get(kind, 10.0), 0.0)) for kind in length.KINDS}
    return length.claim(found, {kind: [(5.0, 60.0), (12.0, 10.0)] for kind in found})


def feedforward_claim(without: Quality, control: Quality) -> Claim:
    return feedforward.claim(dict.fromkeys(("short", "negated"), without), dict.fromkeys(("short", "negated"), control))


HOLD: dict[str, Callable[[], Claim]] = {
    "vectors": lambda: order.vectors_claim(order.network("none"), order.network("sinusoidal")),
    "translators": lambda: order.translators_claim((0.5, 0.3), (0.97, 0.8)),
    "length": lambda: lengths_claim(sinusoidal=30.0),
    "feedforward": lambda: feedforward_claim(BAD, GOOD),
    "future": lambda: future.claim(CHEATING, MASKED),
    "looks": lambda: looks.claim(looks.SAT_CAT, SEEN, 0.3),
    "alignment": lambda: alignment.claim(KNOWN, PAIRS),
    "parallel": lambda: parallel.claim((10, 200), FAST, FAST),
}
FAIL: dict[str, Callable[[], Claim]] = {
    "vectors with positions": lambda: order.vectors_claim(order.network("sinusoidal"), order.network("sinusoidal")),
    "vectors, control without positions": lambda: order.vectors_claim(order.network("none"), order.network("none")),
    "translators, both blind": lambda: order.translators_claim((0.5, 0.3), (0.5, 0.3)),
    "translators, both seeing": lambda: order.translators_claim((0.97, 0.8), (0.97, 0.8)),
    "length, learned better": lambda: lengths_claim(learned=30.0),
    "length, all alike": lengths_claim,
    "feedforward, both with": lambda: feedforward_claim(GOOD, GOOD),
    "future, both masked": lambda: future.claim(MASKED, MASKED),
    "future, both cheating": lambda: future.claim(CHEATING, CHEATING),
    "looks, as before training": lambda: looks.claim(looks.SAT_CAT, SEEN, 0.95),
    "looks, by chance": lambda: looks.claim(looks.SAT_CAT, Share("", 0.7, 0.5, 0.5, 36), 0.3),
    "alignment along the diagonal": lambda: alignment.claim(shuffled(KNOWN), PAIRS),
    "parallel, no lead": lambda: parallel.claim((10, 200), SLOW, SLOW),
    "parallel, decoding all at once": lambda: parallel.claim((10, 200), FAST, AT_ONCE),
}


def shuffled(links: Sequence[set[tuple[int, int]]]) -> list[set[tuple[int, int]]]:
    """The links of the next sentence instead: what attention would give if it looked anywhere."""
    return [*links[1:], links[0]]


@pytest.mark.parametrize("name", HOLD)
def test_figures_that_support_a_claim(name: str) -> None:
    assert HOLD[name]().holds


@pytest.mark.parametrize("name", FAIL)
def test_figures_that_refute_it(name: str) -> None:
    assert not FAIL[name]().holds


def test_generalising_means_that_the_quality_is_kept() -> None:
    kept, lost = lengths_claim(sinusoidal=58.0).told, lengths_claim(sinusoidal=30.0).told
    assert kept is not None
    assert lost is not None
    assert (kept.holds, lost.holds) == (True, False)


def test_faster_means_at_every_length() -> None:
    faster, slower = (
        parallel.claim((10, 200), {**FAST, "recurrent": times}, FAST) for times in ([10.0, 90.0], [8.0, 90.0])
    )
    assert faster.told is not None
    assert slower.told is not None
    assert (faster.told.holds, slower.told.holds) == (True, False)


@pytest.mark.parametrize("name", TRAINED)
def test_networks_that_know_nothing_do_not_pass(name: str, tiny_bench: Bench) -> None:
    """After three updates nothing is learnt; only what random weights do as well may hold."""
    (experiment,) = find_experiments([name])
    claims = experiment.run(tiny_bench)
    assert all(claim.tables and claim.measured and claim.expected for claim in claims)
    of_training = claims[1:] if name == "order" else claims
    assert not all(claim.holds for claim in of_training)


def test_times_are_taken(tiny_bench: Bench) -> None:
    (claim,) = parallel.run(tiny_bench)
    assert [row[0] for row in claim.tables[0].rows] == [2, 4]
    assert all(float(cell) > 0 for row in claim.tables[0].rows for cell in row)


def test_a_network_is_trained_once_and_found_again(tiny_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_bench.translator("sinusoidal")
    monkeypatch.setattr("regard.lab.bench.train", None)
    again = Bench(tiny_bench.folder, effort=tiny_bench.effort)
    assert again.translator("sinusoidal").settings.model.positions == "sinusoidal"


def test_a_training_that_was_interrupted_is_brought_to_an_end(
    tiny_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_bench.translator("sinusoidal")
    (run,) = tiny_bench.folder.glob("networks/sinusoidal-*")
    (run / "finished").unlink()
    monkeypatch.setattr("regard.lab.bench.train", None)
    Bench(tiny_bench.folder, effort=tiny_bench.effort).translator("sinusoidal")
    assert (run / "finished").exists()


def test_no_weight_lies_on_the_next_token_under_the_mask(tiny_bench: Bench) -> None:
    masked, unmasked = (tiny_bench.translator(name) for name in ("sinusoidal", "no-future-mask"))
    assert future.next_weight(masked, PAIRS[:4]) == 0
    assert future.next_weight(unmasked, PAIRS[:4]) > 0


def test_the_best_head_is_found_on_one_half_and_counted_on_the_other() -> None:
    """Head 1 looks at word 1 in even sentences, where heads are chosen, and at word 0 in odd ones; head 0 never."""
    cells = np.zeros((4, 1, 2, 3, 3), np.float32)
    cells[:, 0, 0, 2, 0] = 1
    cells[::2, 0, 1, 2, 1] = 1
    cells[1::2, 0, 1, 2, 0] = 1
    found = looks.share_of(list(cells), looks.SAT_CAT)
    assert (found.head, found.share, found.chance) == ("layer 1, head 2", 0.0, 0.5)


def test_what_is_tested_on_was_not_trained_on() -> None:
    long, who = long_test(1_000, 50), [pair for both in who_pairs(1_000) for pair in both]
    assert all(map(is_short, PAIRS))
    assert {num_words(pair) for pair in long} <= set(range(11, 26))
    assert {pair.source for pair in corpus(1_000).train}.isdisjoint(pair.source for pair in (*PAIRS, *long, *who))


def test_who_did_it_to_whom_is_exchanged_and_nothing_else() -> None:
    for one, other in who_pairs(1_000):
        assert set(one.lemmas) == set(other.lemmas)
        assert one.source != other.source
