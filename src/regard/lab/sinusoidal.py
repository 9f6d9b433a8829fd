"""The sinusoidal table: unique, periodic, and shifted by a linear map (A4)."""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table, Told
from regard.lab.experiment import Experiment
from regard.positions import sinusoidal

_POSITIONS: Final = 2_000
_DIM: Final = 64
_SHIFTS: Final = (1, 5, 50, 500)
_PERIOD: Final = 710  # 113 turns of the fastest pair of features, to within 0.00006
Positions = Float[Tensor, "position model"]


def run(_: Bench) -> tuple[Claim, ...]:
    """Measures the table, beside one of random numbers."""
    table = sinusoidal(_POSITIONS, _DIM)
    random = torch.randn(_POSITIONS, _DIM, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return unique(table), linear(table, random)


def unique(table: Positions) -> Claim:
    """Every position has its own vector, though every feature repeats: the periods differ."""
    nearest = nearest_positions(table)
    fastest, whole = repeat_error(table[:, :2]), repeat_error(table)
    return Claim(
        text="Each feature of the sinusoidal table repeats itself, but no two positions have the same vector",
        source="A4",
        expected=f"two of {len(table):,} positions are never nearer than 0.1; after {_PERIOD} positions the fastest "
        "features are back (to 0.001), the vector is not",
        measured=f"nearest two {nearest:.2f}; fastest features back to {fastest:.1e}, the vector off by {whole:.2f}",
        holds=nearest > 0.1 and fastest < 1e-3 < whole,
        tables=(
            Table(
                ("", "measured"),
                (
                    ("distance of the nearest two positions", nearest),
                    (f"fastest two features, {_PERIOD} positions later: largest change", fastest),
                    ("control: all features, as many positions later", whole),
                ),
            ),
        ),
        told=Told("the position vectors are unique and periodic", whole < 1e-3 and nearest > 0.1, "never both at once"),
    )


def linear(table: Positions, control: Positions) -> Claim:
    """One matrix for each shift takes every position's vector to the shifted one's."""
    rows = [(shift, shift_residual(table, shift), shift_residual(control, shift)) for shift in _SHIFTS]
    worst, of_control = max(row[1] for row in rows), min(row[2] for row in rows)
    return Claim(
        text="PE(position + k) is a linear function of PE(position), the same for all positions",
        source="A4",
        expected="the best matrix leaves a residual below 1e-9; for a random table, above 0.5",
        measured=f"residual at most {worst:.1e}; random table at least {of_control:.2f}",
        holds=worst < 1e-9 and of_control > 0.5,
        tables=(
            Table(
                ("k", "residual, as a share of the table's size", "control: a random table"),
                tuple(rows),
                f"{len(table):,} positions of {table.shape[1]} features, least squares",
            ),
        ),
    )


def nearest_positions(table: Positions) -> float:
    """The smallest distance of two positions."""
    distances = torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist")
    return float(distances.fill_diagonal_(torch.inf).min())


def repeat_error(features: Positions) -> float:
    """How far features are from what they were one period ago."""
    return float((features[_PERIOD:] - features[:-_PERIOD]).abs().max())


def shift_residual(table: Positions, shift: int) -> float:
    """What the best linear map from a position to the shifted one leaves unexplained, as a share."""
    before, after = table[:-shift], table[shift:]
    best = torch.linalg.lstsq(before, after, driver="gelsd").solution
    return float((before @ best - after).norm() / after.norm())


EXPERIMENT: Final = Experiment("sinusoidal", "unique, periodic, and shifted by a linear map", run)
