"""Which path computes attention: decided here, from measured crossover points, and nowhere else.

``crossovers.json`` says for each device, type and shape of work from how many keys on which path was the fastest, and
on what hardware that was measured (``benchmarks/attention_paths.py --write`` makes it). Shapes of work:

* ``training``: forward and backward; else ``step``: one query per row, as in decoding; ``forward``: several queries;
  each of the two with ``few`` or ``many`` heads of all rows together;
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

Path = Literal["plain", "fused", "flex", "compiled"]
Shape = Literal["training", "forward few", "forward many", "step few", "step many"]
MaskKind = Literal["causal", "open", "masked"]
Work = tuple[str, torch.dtype, Shape, MaskKind]
"""The type of the device, that of the numbers, the shape of the work, the kind of mask."""

MANY_HEADS: Final = 64
"""So many heads of all rows together are ``many``."""
COMPILED_KEYS: Final[Mapping[torch.dtype, int]] = {torch.bfloat16: 64, torch.float32: 256}
"""Up to so many keys the compiled kernel is the fastest way to train (docs/log.md, 2026-11-22)."""
UNMEASURED: Final[Mapping[str, Path]] = {"cpu": "plain"}
"""The path of a type that was not measured there; on other devices ``fused``, which needs the least memory."""


@final
@dataclass(frozen=True)
class Crossovers:
    """From how many keys on which path is taken, most keys first; and how that was measured."""

    measured: Mapping[str, Any]
    points: Mapping[Work, tuple[tuple[int, Path], ...]]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "Crossovers":
        """From the form in ``crossovers.json``."""
        points = {
            (row["device"], getattr(torch, row["dtype"]), row["shape"], row["mask"]): tuple(
                (keys, path) for keys, path in sorted(row["from_keys"], reverse=True)
            )
            for row in written["points"]
        }
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
    has_kernel: bool = False,
) -> Path:
    """The path that was measured to be the fastest for such work.

    Dropout of weights is ours, so that it can be seeded and resumed; only ``plain`` has weights to drop. Whoever trains
    may have a compiled kernel for such heads (``has_kernel``).
    """
    if has_dropout:
        return "plain"
    if has_kernel and needs_grad and num_keys <= COMPILED_KEYS.get(dtype, 0):
        return "compiled"
    shape = shape_of_work(num_heads_of_all_rows, num_queries, needs_grad=needs_grad)
    for from_keys, path in measured_crossovers().points.get((device.type, dtype, shape, mask_kind(view)), ()):
        if num_keys >= from_keys:
            return path
    return UNMEASURED.get(device.type, "fused")


def shape_of_work(num_heads_of_all_rows: int, num_queries: int, *, needs_grad: bool) -> Shape:
    """What the table tells apart."""
    if needs_grad:
        return "training"
    if num_heads_of_all_rows < MANY_HEADS:
        return "step few" if num_queries == 1 else "forward few"
    return "step many" if num_queries == 1 else "forward many"


def mask_kind(view: View) -> MaskKind:
    """What kernels tell apart: a triangle known by name, nothing hidden, or cells given one by one."""
    return "causal" if view.is_causal else "open" if view.hidden is None else "masked"
