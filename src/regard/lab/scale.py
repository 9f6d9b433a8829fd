"""Why scores are divided by √d: what becomes of the softmax and its gradient as d grows (M5)."""

import math
from typing import Final

import torch

from regard.attention import Everything, attend
from regard.lab.bench import Bench
from regard.lab.claim import Chart, Claim, Series, Table
from regard.lab.experiment import Experiment

_DIMS: Final = (4, 16, 64, 256, 1024)
_KEYS: Final = 32
_QUERIES: Final = 256


def run(_: Bench) -> tuple[Claim, ...]:
    """Measures random queries and keys with and without the scale."""
    return (claim([softmax_of(dim, dim**-0.5) for dim in _DIMS], [softmax_of(dim, 1.0) for dim in _DIMS]),)


def claim(scaled: list[tuple[float, float]], control: list[tuple[float, float]]) -> Claim:
    """Judges (entropy, gradient) per dimension with the scale, beside those without."""
    kept, lost = scaled[-1][1] / scaled[0][1], control[-1][1] / control[0][1]
    rows = tuple((dim, *one, *other) for dim, one, other in zip(_DIMS, scaled, control, strict=True))
    return Claim(
        text="Divided by √d, scores give the softmax the same spread and gradient in any dimension; undivided, the "
        "softmax ends up on one key and its gradient fades",
        source="M5",
        expected=f"from d = {_DIMS[0]} to {_DIMS[-1]:,} the gradient keeps 80 % to 125 %; unscaled, below 50 % is left",
        measured=f"{kept:.0%} with the scale, {lost:.0%} without; entropy {scaled[-1][0]:.2f} against "
        f"{control[-1][0]:.2f} at d = {_DIMS[-1]:,}",
        holds=0.8 < kept < 1.25 and lost < 0.5 and control[-1][0] < scaled[-1][0],
        tables=(
            Table(
                ("d", "entropy", "gradient", "control: entropy unscaled", "control: gradient unscaled"),
                rows,
                f"Random queries and {_KEYS} keys; entropy as a share of the largest; gradient: mean size of the "
                "softmax's Jacobian",
            ),
        ),
        figure=Chart(
            title="The softmax as dimensions grow",
            description="Entropy of attention weights against the dimension of queries and keys: level with the scale, "
            "falling towards zero without it.",
            across="dimension d of queries and keys",
            upward="entropy (share of the largest)",
            series=(
                Series("scaled by 1/√d", tuple((float(dim), one[0]) for dim, one in zip(_DIMS, scaled, strict=True))),
                Series("unscaled", tuple((float(dim), one[0]) for dim, one in zip(_DIMS, control, strict=True))),
            ),
            doubling=True,
        ),
    )


def softmax_of(dim: int, scale: float) -> tuple[float, float]:
    """Entropy of the weights as a share of the largest, and the size of the softmax's gradient, both in the mean."""
    generator = torch.Generator().manual_seed(1)
    queries = torch.randn(1, 1, _QUERIES, dim, generator=generator, dtype=torch.float64)
    keys = torch.randn(1, 1, _KEYS, dim, generator=generator, dtype=torch.float64)
    weights = attend(queries, keys, keys, Everything(), path="plain", scale=scale).weights
    assert weights is not None
    rows = weights[0, 0]
    entropy = float(torch.special.entr(rows).sum(-1).mean()) / math.log(_KEYS)
    jacobian = torch.diag_embed(rows) - rows[:, :, None] * rows[:, None, :]
    return entropy, float(jacobian.norm(dim=(1, 2)).mean())


EXPERIMENT: Final = Experiment("scale", "entropy and gradient of the softmax with and without 1/√d", run)
