"""The sentence above the table: who translates better, how sure that is, and where the other one wins."""

from collections.abc import Sequence
from typing import Final

from regard.lab.comparison.rows import Row, chance_of

SIGNIFICANT: Final = 0.05
_SMALLEST: Final = 0.005  # what is 0.00 in the table
_NOTICEABLE: Final = 1.05  # ratios below it are within what clocks of one machine differ from day to day


def verdict(names: tuple[str, str], rows: Sequence[Row]) -> str:
    """Two sentences; what is not measured yet is said to be so."""
    return f"{_quality(names, rows)} {_elsewhere(names, rows)}"


def _quality(names: tuple[str, str], rows: Sequence[Row]) -> str:
    bleu = next((row for row in rows if row.p_value is not None), None)
    if bleu is None or not bleu.is_measured or bleu.p_value is None:
        return "Which of the two translates better is not measured yet."
    one, other = bleu.means
    seeds = len(bleu.values[0])
    certain = (
        f"p {chance_of(bleu.p_value)} with {'each of ' if seeds > 1 else ''}{seeds} seed{'s' if seeds > 1 else ''}"
    )
    # Two scores of zero have no difference, but a resampled one that is never larger.
    if bleu.p_value >= SIGNIFICANT or abs(other - one) < _SMALLEST:
        return f"No difference in quality can be told from chance ({other - one:+.2f} BLEU for {names[1]}, {certain})."
    better, worse = names if one > other else names[::-1]
    return f"{better} translates better than {worse} by {abs(other - one):.2f} BLEU ({certain})."


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
    mine, theirs = row.means[number], row.means[1 - number]
    return mine / theirs if row.more_is_better else theirs / mine
