"""Options that are numbers: infinity and NaN, which Python reads too, are none that a person can mean."""

import math
from collections.abc import Callable

import typer


def number_from(least: int, *, is_allowed: bool = True) -> Callable[[str | float], float]:
    """A parser of finite numbers from ``least`` on; ``least`` itself only if it ``is_allowed``."""
    bound = f"at least {least}" if is_allowed else f"above {least}"

    def parse(given: str | float) -> float:
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least or (value == least and not is_allowed):
            raise typer.BadParameter(f"{given!r} is given; expected a number, {bound}")
        return value

    return parse
