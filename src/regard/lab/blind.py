"""A query that may look at nothing: −1e9, minus infinity, and what is done here (M8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from regard.attention import View
from regard.lab.bench import Bench
from regard.lab.claim import Cell, Claim, Table, Told
from regard.lab.experiment import Experiment

Softmax = Callable[[Tensor, Tensor], Tensor]
"""Scores, and which cells are allowed, become weights."""
_TYPES: Final = (torch.float32, torch.float16, torch.bfloat16)


def filled_with(value: float) -> Softmax:
    """As tutorials do: hidden scores get a value, then softmax."""
    return lambda scores, allowed: scores.masked_fill(~allowed, value).softmax(-1)


def ours(scores: Tensor, allowed: Tensor) -> Tensor:
    """The view's policy."""
    view = View.of(allowed)
    return view.softmax(view.hide(scores))


POLICIES: Final[Mapping[str, Softmax]] = MappingProxyType(
    {"−1e9": filled_with(-1e9), "minus infinity": filled_with(float("-inf")), "Regard": ours}
)


@dataclass(frozen=True, slots=True)
class Blind:
    """What became of a row without anything to see; ``refused`` is what the library said instead."""

    total: float
    gradient: float
    refused: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether it looked at nothing, and nothing came back."""
        return not self.refused and self.total == 0 and self.gradient == 0

    @property
    def described(self) -> str:
        """In words."""
        if self.refused:
            return "an error: the value does not fit the type"
        if self.total != self.total:
            return "NaN"
        weights = "weights 0" if self.total == 0 else "looks at everything alike" if self.total > 0.9 else "odd"
        return weights + ("" if self.gradient == self.gradient else ", gradient NaN")


def run(_: Bench) -> tuple[Claim, ...]:
    """Tries the three in three types."""
    return (claim(POLICIES),)


def claim(policies: Mapping[str, Softmax]) -> Claim:
    """Judges the last policy; the others are its controls."""
    found = {name: [blind_row(policy, dtype) for dtype in _TYPES] for name, policy in policies.items()}
    *others, own = found
    fails = [name for name in others if not all(one.is_safe for one in found[name])]
    rows: list[tuple[Cell, ...]] = [(name, *(one.described for one in row)) for name, row in found.items()]
    told = found[others[0]] if others else []
    return Claim(
        text="A query that may look at nothing gets weights 0 and gradients 0 here, in every type; a fill value alone "
        "cannot do that",
        source="M8",
        expected="ours: weights and gradients exactly 0 in all types; −1e9 and minus infinity: not",
        measured=f"{own}: {'0 in all types' if all(one.is_safe for one in found[own]) else 'not 0 everywhere'}; "
        f"fail: {', '.join(fails) or 'none'}",
        holds=all(one.is_safe for one in found[own]) and fails == others,
        tables=(
            Table(
                ("hidden scores become", *(str(dtype).removeprefix("torch.") for dtype in _TYPES)),
                tuple(rows),
                "A row of four keys that may all not be seen",
            ),
        ),
        told=Told(
            "−1e9 where the mask is 0 hides those keys",
            bool(told) and all(one.is_safe for one in told),
            "; ".join(dict.fromkeys(one.described for one in told)),
        ),
    )


def blind_row(policy: Softmax, dtype: torch.dtype) -> Blind:
    """The row that sees nothing, of two; its weights are summed, and weighted to have a gradient."""
    scores = torch.tensor([0.5, -1.0, 2.0, 0.0], dtype=dtype).repeat(1, 1, 2, 1).requires_grad_()
    allowed = torch.tensor([[True, True, False, False], [False] * 4])[None, None]
    try:
        with torch.enable_grad():
            weights = policy(scores, allowed)
            total = (weights * torch.arange(4, dtype=dtype)).sum()
        (gradient,) = torch.autograd.grad(total, scores)
    except RuntimeError as error:
        return Blind(0.0, 0.0, str(error))
    return Blind(float(weights[0, 0, 1].detach().sum()), float(gradient[0, 0, 1].abs().max()))


EXPERIMENT: Final = Experiment("blind", "rows without anything to see under −1e9, minus infinity and here", run)
