"""Which path computes attention: decided here, from measured crossover points, and nowhere else.

``crossovers.json`` says for each device, type and shape of work from how many keys on which path was the fastest, and
on what hardware that was measured (``benchmarks/attention_paths.py --write`` makes it). Shapes of work:

* ``step``: one query per row, as in decoding, where rows · heads are few or many;
* ``forward``: many queries, no gradient; ``training``: many queries, forward and backward;
* with the exact causal mask (``causal``), with nothing hidden (``open``), or any other mask (``masked``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, final

import torch

from regard.attention.view import View

Path = Literal["plain", "fused", "flex"]
Points = tuple[tuple[int, Path], ...]

MANY_HEADS: Final = 64
"""So many heads of all rows together are ``many``."""
UNMEASURED: Final[Mapping[str, Path]] = {"cpu": "plain"}
"""The path of a type that was not measured there; on other devices ``fused``, which needs the least memory."""


@final
@dataclass(frozen=True)
class Crossovers:
    """From how many keys on which path is taken, by device, type and shape of work; and how that was measured."""

    measured: Mapping[str, Any]
    points: Mapping[tuple[str, str, str], Points]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "Crossovers":
        """From the form in ``crossovers.json``."""
        points: dict[tuple[str, str, str], Points] = {}
        for row in written["points"]:
            points[row["device"], row["dtype"], row["work"]] = tuple((keys, path) for keys, path in row["from_keys"])
        return cls(measured=written["measured"], points=points)


@cache
def measured_crossovers() -> Crossovers:
    """The table that comes with Regard."""
    text = files("regard.attention").joinpath("crossovers.json").read_text(encoding="utf-8")
    return Crossovers.of(json.loads(text))


def choose_path(
    *,
    device: torch.device,
    dtype: torch.dtype,
    num_heads_of_all_rows: int,
    num_queries: int,
    num_keys: int,
    needs_grad: bool,
    has_dropout: bool,
    view: View,
) -> Path:
    """The path that was measured to be the fastest for such work.

    Dropout of weights is ours, so that it can be seeded and resumed; only ``plain`` has weights to drop.
    """
    if has_dropout:
        return "plain"
    work = name_of_work(num_heads_of_all_rows, num_queries, needs_grad=needs_grad, view=view)
    points = measured_crossovers().points.get((device.type, _name(dtype), work))
    if points is None:
        return UNMEASURED.get(device.type, "fused")
    return next(path for keys, path in reversed(points) if num_keys >= keys)


def name_of_work(num_heads_of_all_rows: int, num_queries: int, *, needs_grad: bool, view: View) -> str:
    """The shape of work, as the table calls it."""
    mask = "causal" if view.is_causal else "open" if view.hidden is None else "masked"
    if needs_grad:
        return f"training {mask}"
    if num_queries > 1:
        return f"forward {mask}"
    return f"step {'many' if num_heads_of_all_rows >= MANY_HEADS else 'few'} {mask}"


@cache
def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
