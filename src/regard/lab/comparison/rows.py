"""The rows of a comparison's table: what both sides reached, and how they relate."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from statistics import mean, stdev
from typing import Any, Final, final

from regard.lab.comparison.cells import Cells, Key

WAITING: Final = "–"
SIGNIFICANT: Final = 0.05
BySeed = Mapping[int, float]
"""A quantity of one side by seed; by 0 where it is measured once."""


@final
@dataclass(frozen=True, slots=True)
class Row:
    """A quantity of both sides.

    Attributes:
        name: of the quantity, with its unit.
        values: of the first and the second side; empty while it is not measured.
        more_is_better: which side wins; None for what is neither good nor bad.
        digits: behind the decimal point.
        p_values: of the differences of seeds that were judged; None where differences are not judged.
        is_score: differences of scores are told in points, all others as ratios.
    """

    name: str
    values: tuple[BySeed, BySeed]
    more_is_better: bool | None
    digits: int = 0
    p_values: BySeed | None = None
    is_score: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        """What the sides are compared over: seeds that both have, and that were judged where differences are."""
        first, second = self.values
        judged = first if self.p_values is None else self.p_values
        return tuple(seed for seed in first if seed in second and seed in judged)

    @property
    def is_measured(self) -> bool:
        """Whether the two sides can be compared."""
        return bool(self.seeds)

    @property
    def means(self) -> tuple[float, float]:
        """Of both sides, over the same seeds."""
        first, second = (mean(values[seed] for seed in self.seeds) for values in self.values)
        return first, second

    @property
    def ratio(self) -> float | None:
        """The second side's mean over the first's; what is nothing has none."""
        one, other = self.means
        return other / one if one and other else None

    @property
    def differences(self) -> dict[int, float]:
        """By how much the second side is larger, with each seed."""
        first, second = self.values
        return {seed: second[seed] - first[seed] for seed in self.seeds}

    @property
    def p_value(self) -> float | None:
        """The largest of all seeds."""
        return max((self.p_values[seed] for seed in self.seeds), default=None) if self.p_values else None

    @property
    def is_contradictory(self) -> bool:
        """Whether one seed speaks for the first side and another for the second, and neither of them by chance."""
        judged = self.p_values or {}
        sure = [self.differences[seed] for seed in self.seeds if judged.get(seed, 1.0) < SIGNIFICANT]
        return min(sure, default=0) < 0 < max(sure, default=0)

    def markdown(self) -> str:
        """The row as a line of a table."""
        first, second = (self._shown(tuple(values.values())) for values in self.values)
        return f"| {self.name} | {first} | {second} | {self._relation()} |\n"

    def _shown(self, values: Sequence[float]) -> str:
        if not values:
            return WAITING
        spread = f" ± {stdev(values):,.{self.digits}f}" if len(values) > 1 else ""
        return f"{mean(values):,.{self.digits}f}{spread}"

    def _relation(self) -> str:
        if not self.is_measured:
            return ""
        known = len({seed for values in self.values for seed in values})
        of_those = f" ({len(self.seeds)} of {known} seeds)" if len(self.seeds) < known else ""
        if not self.is_score:
            return "" if self.ratio is None else f"× {self.ratio:.2f}{of_those}"
        return f"{mean(self.differences.values()):+.{self.digits}f}{self._certainty()}{of_those}"

    def _certainty(self) -> str:
        if self.is_contradictory:
            return ", seeds contradict each other"
        return "" if self.p_value is None else f", p {chance_of(self.p_value)}"


def chance_of(p_value: float) -> str:
    """A p-value as people write it; sacreBLEU's smallest is that of 1 in 1,001."""
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def rows_of(plan: Mapping[str, Any], cells: Cells) -> list[Row]:
    """Every row, in the order of the table; what no cell tells yet is empty."""
    return list(_rows(_Reader(tuple(plan["sides"]), tuple(plan["seeds"]), cells)))


@final
@dataclass(frozen=True, slots=True)
class _Reader:
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: Cells

    def per_seed(self, part: str, pick: Callable[[Any], float | None]) -> tuple[BySeed, BySeed]:
        first, second = (self._picked(part, side, self.seeds, pick) for side in self.names)
        return first, second

    def once(self, part: str, name: str) -> tuple[BySeed, BySeed]:
        first, second = (self._picked(part, side, (0,), itemgetter(name)) for side in self.names)
        return first, second

    def p_values(self, metric: str) -> BySeed:
        return self._picked("significance", "both", self.seeds, lambda result: result[metric]["p_value"])

    def _picked(self, part: str, side: str, seeds: Sequence[int], pick: Callable[[Any], float | None]) -> BySeed:
        cells = {seed: self.cells[key] for seed in seeds if (key := Key(part, side, seed)) in self.cells}
        found = {seed: pick(cell["result"]) for seed, cell in cells.items()}
        return {seed: float(value) for seed, value in found.items() if value is not None}

    def scores(self) -> list[str]:
        found = [cell["result"]["scores"] for key, cell in self.cells.items() if key.part == "quality"]
        return list(found[0]) if found else ["BLEU", "chrF2"]


def _rows(read: _Reader) -> Iterator[Row]:
    for score in read.scores():
        values = read.per_seed("quality", partial(_value_of, score))
        p_values = read.p_values(score) if score in ("BLEU", "chrF2") else None
        yield Row(_TITLES.get(score, score), values, True, 2, p_values, is_score=True)
    yield Row("updates", read.per_seed("training", itemgetter("updates")), None)
    yield Row("epochs", read.per_seed("training", itemgetter("epochs")), None, 1)
    yield Row("training, source+target tokens/s", read.once("clocks", "training_tokens_per_second"), True)
    yield Row("translating in batches, target tokens/s", read.once("clocks", "batch_tokens_per_second"), True)
    yield Row("one sentence, greedy, p50 in ms", read.once("clocks", "single_p50_milliseconds"), False, 1)
    yield Row("peak memory of training, MiB", read.once("memory", "training_mebibytes"), False)
    yield Row("peak memory of translating, MiB", read.once("memory", "translating_mebibytes"), False)
    yield Row("parameters", read.once("memory", "parameters"), None)


def _value_of(score: str, result: Mapping[str, Any]) -> float:
    return float(result["scores"][score]["value"])


_TITLES: Final = {
    "BLEU": "BLEU (13a, cased)",
    "chrF2": "chrF",
    "tok-lc": "BLEU as papers print it (Moses tokens, lower case)",
}
