"""The sentence and the rows, on figures that are given: who is better, by chance or not, and who wins what."""

import pytest

from regard.lab.comparison.rows import Row
from regard.lab.comparison.verdict import verdict

NAMES = ("small", "recurrent")


def once(name: str, one: float, other: float, more_is_better: bool | None, digits: int = 0) -> Row:
    return Row(name, ({0: one}, {0: other}), more_is_better, digits)


CLOCKS = [
    once("training, tokens/s", 20_000.0, 10_000.0, True),
    once("p50 in ms", 8.0, 5.0, False, 1),
    once("peak memory, MiB", 500.0, 510.0, False),
    once("updates", 100.0, 90.0, None),
]


def bleu(one: tuple[float, ...], other: tuple[float, ...], *p_values: float) -> Row:
    """Scores of seeds 1, 2 and so on, and what became of those that were judged."""
    first, second, judged = (dict(enumerate(values, start=1)) for values in (one, other, p_values))
    return Row("BLEU", (first, second), True, 2, judged, is_score=True)


def test_who_is_better_and_who_wins_what() -> None:
    assert verdict(NAMES, [bleu((57.0, 58.0, 59.0), (55.0, 55.5, 56.0), 0.001, 0.004, 0.002), *CLOCKS]) == (
        "small translates better than recurrent by 2.50 BLEU (p = 0.004 with each of 3 seeds). "
        "small wins: training, tokens/s (× 2.00). recurrent wins: p50 in ms (× 1.60)."
    )


def test_the_second_can_be_better() -> None:
    said = verdict(NAMES, [bleu((55.0,), (57.0,), 0.0), *CLOCKS[:1]])
    assert said == (
        "recurrent translates better than small by 2.00 BLEU (p < 0.001 with 1 seed). "
        "small wins: training, tokens/s (× 2.00). recurrent wins: nothing else."
    )


@pytest.mark.parametrize(("other", "p_value"), [(57.4, 0.2), (57.001, 0.001)])
def test_chance_is_not_a_difference(other: float, p_value: float) -> None:
    said = verdict(NAMES, [bleu((57.0,), (other,), p_value), *CLOCKS])
    assert said.startswith("No difference in quality can be told from chance (+0.")


def test_what_is_not_measured_is_not_judged() -> None:
    waiting = Row("training, tokens/s", ({0: 20_000.0}, {}), True)
    said = "Which of the two translates better is not measured yet. Clocks and memory are not all measured yet."
    assert verdict(NAMES, [bleu((57.0,), ()), waiting]) == said
    assert verdict(NAMES, [bleu((57.0,), (58.0,)), waiting]) == said


def test_seeds_that_contradict_each_other_are_not_averaged() -> None:
    found = bleu((30.0, 30.0, 30.0), (28.0, 32.5, 30.1), 0.001, 0.001, 0.6)
    assert verdict(NAMES, [found]).startswith(
        "The seeds contradict each other: recurrent against small is at -2.00 BLEU with seed 1, "
        "+2.50 BLEU with seed 2, +0.10 BLEU with seed 3. "
    )
    assert found.markdown().endswith("| +0.20, seeds contradict each other |\n")


def test_seeds_that_differ_by_chance_do_not_contradict_each_other() -> None:
    said = verdict(NAMES, [bleu((30.0, 30.0), (28.0, 30.1), 0.001, 0.6)])
    assert said.startswith("No difference in quality can be told from chance (-0.95 BLEU for recurrent, p = 0.600 with")


def test_one_seed_without_a_difference_is_no_proof() -> None:
    said = verdict(NAMES, [bleu((0.0, 30.0), (0.0, 32.0), 0.001, 0.001)])
    assert said.startswith("No difference in quality can be told from chance (+1.00 BLEU for recurrent, ")


def test_only_seeds_that_were_judged_together_count() -> None:
    found = bleu((30.0, 25.0, 25.0), (31.0, 27.0), 0.004)
    assert verdict(NAMES, [found]).startswith(
        "recurrent translates better than small by 1.00 BLEU (p = 0.004 with 1 seed)"
    )
    assert found.markdown() == "| BLEU | 26.67 ± 2.89 | 29.00 ± 2.83 | +1.00, p = 0.004 (1 of 3 seeds) |\n"


def test_what_is_nothing_has_no_ratio() -> None:
    nothing = once("epochs", 0.0, 0.0, None, 1)
    assert nothing.markdown() == "| epochs | 0.0 | 0.0 |  |\n"
    idle = once("tokens/s", 0.0, 10.0, True)
    assert idle.markdown() == "| tokens/s | 0 | 10 |  |\n"
    assert verdict(NAMES, [idle]).endswith("small wins: nothing else. recurrent wins: nothing else.")


def test_rows_show_spread_difference_and_ratio() -> None:
    assert bleu((57.0, 58.0, 59.0), (55.0, 55.5, 56.0), 0.004, 0.0, 0.0).markdown() == (
        "| BLEU | 58.00 ± 1.00 | 55.50 ± 0.50 | -2.50, p = 0.004 |\n"
    )
    assert CLOCKS[0].markdown() == "| training, tokens/s | 20,000 | 10,000 | × 0.50 |\n"
    assert Row("p50", ({}, {0: 5.0}), False, 1).markdown() == "| p50 | – | 5.0 |  |\n"
