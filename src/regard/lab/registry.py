"""All experiments, in the order of the textbook."""

import difflib
from collections.abc import Sequence
from typing import Final

from regard.errors import InputError
from regard.lab import (
    alignment,
    blind,
    feedforward,
    future,
    length,
    linear,
    looks,
    mask,
    order,
    padding,
    parallel,
    scale,
    sinusoidal,
)
from regard.lab.experiment import Experiment

EXPERIMENTS: Final[tuple[Experiment, ...]] = tuple(
    module.EXPERIMENT
    for module in (
        mask,
        padding,
        blind,
        scale,
        order,
        sinusoidal,
        length,
        linear,
        feedforward,
        future,
        looks,
        alignment,
        parallel,
    )
)


def find_experiments(names: Sequence[str] = ()) -> tuple[Experiment, ...]:
    """Those of the given names, in the order of the list; all if none is given.

    Raises:
        InputError: there is no experiment of some name.
    """
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise InputError(f"there is no experiment called {name!r}; {hint}")
    return tuple(known[name] for name in known if not names or name in names)
