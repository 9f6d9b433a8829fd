"""The rows of a comparison's table: what both sides reached, and how they relate."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean, stdev
from typing import Any, Final, final

from regard.lab.comparison.cells import Cells, Key

WAITING: Final = "–"


@final
@dataclass(frozen=True, slots=True)
class Row:
    """A quantity of both sides.

    Attributes:
        name: of the quantity, with its unit.
        values: of the first and the second side, one per seed or one at all; empty while it is not measured.
        more_is_better: which side wins; None for what is neither good nor bad.
        digits: behind the decimal point.
        p_value: of the difference, the largest of all seeds, where there is one.
        is_score: differences of scores are told in points, all others as ratios.
    """

    name: str
    values: tuple[tuple[float, ...], tuple[float, ...]]
    more_is_better: bool | None
    digits: int = 0
    p_value: float | None = None
    is_score: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether both sides are known."""
        return all(self.values)

    @property
    def means(self) -> tuple[float, float]:
        """Of both sides."""
        first, second = self.values
        return mean(first), mean(second)

    def markdown(self) -> str:
        """The row as a line of a table."""
        first, second = (self._shown(values) for values in self.values)
        return f"| {self.name} | {first} | {second} | {self._relation()} |\n"

    def _shown(self, values: Sequence[float]) -> str:
        if not values:
            return WAITING
        spread = f" ± {stdev(values):,.{self.digits}f}" if len(values) > 1 else ""
        return f"{mean(values):,.{self.digits}f}{spread}"

    def _relation(self) -> str:
        if not self.is_measured:
            return ""
        one, other = self.means
        chance = "" if self.p_value is None else f", p {chance_of(self.p_value)}"
        return f"{other - one:+.{self.digits}f}{chance}" if self.is_score else f"× {other / one:.2f}"


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

    def per_seed(self, part: str, pick: Callable[[Any], float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        keys = ([Key(part, name, seed) for seed in self.seeds] for name in self.names)
        found = ([self.cells[key]["result"] for key in each if key in self.cells] for each in keys)
        first, second = (tuple(float(pick(result)) for result in results) for results in found)
        return first, second

    def once(self, part: str, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        keys = (Key(part, side) for side in self.names)
        found = (self.cells.get(key) for key in keys)
        first, second = (() if cell is None else (float(cell["result"][name]),) for cell in found)
        return first, second

    def p_value(self, metric: str) -> float | None:
        keys = [key for seed in self.seeds if (key := Key("significance", "both", seed)) in self.cells]
        return max((self.cells[key]["result"][metric]["p_value"] for key in keys), default=None)

    def scores(self) -> list[str]:
        found = [cell["result"]["scores"] for key, cell in self.cells.items() if key.part == "quality"]
        return list(found[0]) if found else ["BLEU", "chrF2"]


def _rows(read: _Reader) -> Iterator[Row]:
    for score in read.scores():
        values = read.per_seed("quality", partial(_value_of, score))
        p_value = read.p_value(score) if score in ("BLEU", "chrF2") else None
        yield Row(_TITLES.get(score, score), values, True, 2, p_value, is_score=True)
    yield Row("updates", read.per_seed("training", lambda result: result["updates"]), None)
    yield Row("epochs", read.per_seed("training", lambda result: result["epochs"]), None, 1)
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
