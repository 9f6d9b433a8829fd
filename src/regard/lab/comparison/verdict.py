"""The sentence above the table: who translates better, how sure that is, and where the other one wins."""

from collections.abc import Sequence
from typing import Final

from regard.lab.comparison.rows import SIGNIFICANT, Row, chance_of

_SMALLEST: Final = 0.005  # what is 0.00 in the table
_NOTICEABLE: Final = 1.05  # ratios below it are within what clocks of one machine differ from day to day


def verdict(names: tuple[str, str], rows: Sequence[Row]) -> str:
    """Two sentences; what is not measured yet is said to be so."""
    return f"{_quality(names, rows)} {_elsewhere(names, rows)}"


def _quality(names: tuple[str, str], rows: Sequence[Row]) -> str:
    bleu = next((row for row in rows if row.p_values is not None and row.is_measured), None)
    if bleu is None or bleu.p_value is None:
        return "Which of the two translates better is not measured yet."
    if bleu.is_contradictory:
        return _contradiction(names, bleu)
    one, other = bleu.means
    seeds = len(bleu.seeds)
    certain = (
        f"p {chance_of(bleu.p_value)} with {'each of ' if seeds > 1 else ''}{seeds} seed{'s' if seeds > 1 else ''}"
    )
    # Two scores of zero have no difference, but a resampled one that is never larger.
    if bleu.p_value >= SIGNIFICANT or min(map(abs, bleu.differences.values())) < _SMALLEST:
        return f"No difference in quality can be told from chance ({other - one:+.2f} BLEU for {names[1]}, {certain})."
    better, worse = names if one > other else names[::-1]
    return f"{better} translates better than {worse} by {abs(other - one):.2f} BLEU ({certain})."


def _contradiction(names: tuple[str, str], bleu: Row) -> str:
    found = ", ".join(f"{difference:+.2f} BLEU with seed {seed}" for seed, difference in bleu.differences.items())
    return f"The seeds contradict each other: {names[1]} against {names[0]} is at {found}. More seeds would tell."


def _elsewhere(names: tuple[str, str], rows: Sequence[Row]) -> str:
    """What else each side wins, clocks and memory, by how much."""
    clocks = [row for row in rows if not row.is_score and row.more_is_better is not None]
    if not all(row.is_measured for row in clocks):
        return "Clocks and memory are not all measured yet."
    return " ".join(f"{name} wins: {_wins(number, clocks)}." for number, name in enumerate(names))


def _wins(number: int, clocks: Sequence[Row]) -> str:
    factors = [(row.name, _factor(row, number)) for row in clocks]
    won = [f"{name} (× {factor:.2f})" for name, factor in factors if factor >= _NOTICEABLE]
    return "; ".join(won) or "nothing else"


def _factor(row: Row, number: int) -> float:
    """How many times better a side is than the other."""
    if row.ratio is None:
        return 1.0
    return row.ratio if row.more_is_better == (number == 1) else 1 / row.ratio
