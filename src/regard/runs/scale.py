"""Linear scales of a drawing: from numbers to places, with round numbers to write beside them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, final

_STEPS: Final = (1, 2, 5, 10)


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """Maps ``low`` … ``high`` to places ``start`` … ``end`` of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """Round numbers in the range, at most ``most`` of them."""
        step = round_step((self.high - self.low) / most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def spread(values: Iterable[float]) -> tuple[float, float]:
    """The least and the largest of some values; around a single one, half a unit to either side.

    Around a huge one it is more, since nothing lies between such a number and itself plus a half.
    """
    known = list(values)
    low, high = min(known), max(known)
    least = 1e-9 * max(abs(low), abs(high), 1)
    return (low - max(0.5, least), high + max(0.5, least)) if high - low < least else (low, high)


def rounded_scale(values: Iterable[float], start: float, end: float, *, most_ticks: int) -> Scale:
    """A scale around values that begins and ends at round numbers; around nothing, from 0 to 1."""
    low, high = spread([value for value in values if math.isfinite(value)] or [0.0, 1.0])
    step = round_step((high - low) / most_ticks)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end)


def label(number: float) -> str:
    """A tick's number as people write it: ``0.25``, ``12``, ``4,000``."""
    return f"{number:,.6g}" if abs(number) < 1e6 else f"{number:,.0f}"
