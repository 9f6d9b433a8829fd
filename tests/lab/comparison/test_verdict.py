"""The sentence and the rows, on figures that are given: who is better, by chance or not, and who wins what."""

import pytest

from regard.lab.comparison.rows import Row
from regard.lab.comparison.verdict import verdict

NAMES = ("small", "recurrent")
CLOCKS = [
    Row("training, tokens/s", ((20_000.0,), (10_000.0,)), True),
    Row("p50 in ms", ((8.0,), (5.0,)), False, 1),
    Row("peak memory, MiB", ((500.0,), (510.0,)), False),
    Row("updates", ((100.0,), (90.0,)), None),
]


def bleu(one: tuple[float, ...], other: tuple[float, ...], p_value: float | None) -> Row:
    return Row("BLEU", (one, other), True, 2, p_value, is_score=True)


def test_who_is_better_and_who_wins_what() -> None:
    assert verdict(NAMES, [bleu((57.0, 58.0, 59.0), (55.0, 55.5, 56.0), 0.004), *CLOCKS]) == (
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
    waiting = Row("training, tokens/s", ((20_000.0,), ()), True)
    assert verdict(NAMES, [bleu((57.0,), (), None), waiting]) == (
        "Which of the two translates better is not measured yet. Clocks and memory are not all measured yet."
    )


def test_rows_show_spread_difference_and_ratio() -> None:
    assert bleu((57.0, 58.0, 59.0), (55.0, 55.5, 56.0), 0.004).markdown() == (
        "| BLEU | 58.00 ± 1.00 | 55.50 ± 0.50 | -2.50, p = 0.004 |\n"
    )
    assert CLOCKS[0].markdown() == "| training, tokens/s | 20,000 | 10,000 | × 0.50 |\n"
    assert Row("p50", ((), (5.0,)), False, 1).markdown() == "| p50 | – | 5.0 |  |\n"
