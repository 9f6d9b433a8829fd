"""The promises of a trace, measured on its own numbers: each a largest deviation, beside what is tolerated.

Every step is done again in float64 from what entered it. A deviation may then come from rounding alone, so it is held
against a bound on rounding: 1e-5, or a few units of the type that the run computed in times the size of what is summed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from regard.attention import View, attend
from regard.models.multihead import HeadCore
from regard.tracing.assemble import Table
from regard.tracing.header import Check

TOLERANCE: Final = 1e-5
_UNITS: Final = 2
STEPWISE_TOLERANCE: Final = {torch.float64: 1e-5, torch.float32: 1e-4, torch.bfloat16: 0.05}
"""How far weights and context may lie from those of one pass over all positions: products of other shapes are rounded
differently, and every layer adds to it."""


@final
@dataclass(frozen=True, eq=False)
class Recorded:
    """One attention with its table."""

    key: str
    core: HeadCore
    table: Table


@final
@dataclass(frozen=True, eq=False)
class _Deviation:
    """How far each cell is off, and how far it may be."""

    key: str
    axes: tuple[str, ...]
    measured: NDArray[np.float64]
    allowed: float


def checks_of(
    recorded: list[Recorded], *, dtype: torch.dtype, other_way: Mapping[str, Table] | None
) -> tuple[Check, ...]:
    """All checks.

    Args:
        recorded: the attentions.
        dtype: what the run computed in.
        other_way: their tables from one pass over all positions where the run went word by word, and the other way
            round; None where the two cannot be compared.
    """
    unit = max(torch.finfo(dtype).eps, torch.finfo(torch.float32).eps)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is reported, not warned of
        return tuple(check for check in _all_checks(recorded, dtype, unit, other_way) if check is not None)


def _all_checks(
    recorded: list[Recorded], dtype: torch.dtype, unit: float, other_way: Mapping[str, Table] | None
) -> list[Check | None]:
    checks = [
        _check(name, what, [measure(each, unit) for each in recorded if name != "scores" or each.core.score == "dot"])
        for name, what, measure in _MEASURES
    ]
    dots = [each for each in recorded if each.core.score == "dot"]
    checks.append(_check("fused", _FUSED, [_fused(each, dtype, unit) for each in dots]))
    if other_way is not None:
        stepwise = [deviation for each in recorded for deviation in _stepwise(each, other_way[each.key], dtype)]
        checks.append(_check("stepwise", _STEPWISE, stepwise))
    return checks


def _check(name: str, what: str, deviations: list[_Deviation]) -> Check | None:
    """The worst of all deviations, each seen against what it may be."""
    found = [each for each in deviations if each.measured.size]
    if not found:
        return None
    worst = max(found, key=lambda each: _largest(each) / max(each.allowed, _TINY))
    largest = _largest(worst)
    finite = bool(np.isfinite(largest))
    return Check(
        name=name,
        what=what,
        measured=largest if finite else None,
        tolerance=worst.allowed,
        holds=finite and largest <= worst.allowed,
        where=_place(worst),
    )


def _largest(deviation: _Deviation) -> float:
    """The largest deviation; a number that is not finite is as far off as can be."""
    return float(_never_nan(deviation.measured).max())


def _never_nan(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nan_to_num(measured, nan=np.inf, posinf=np.inf)


def _place(deviation: _Deviation) -> str:
    flat = _never_nan(deviation.measured).argmax()
    place = np.unravel_index(flat, deviation.measured.shape)
    return " ".join([deviation.key, *(f"{axis} {int(at)}" for axis, at in zip(deviation.axes, place, strict=True))])


def _scores(each: Recorded, unit: float) -> _Deviation:
    queries, keys = _wide(each.table.queries) * each.core.scale, _wide(each.table.keys)
    measured = np.abs(_wide(each.table.scores) - queries @ keys.transpose(0, 2, 1))
    summed = np.abs(queries) @ np.abs(keys).transpose(0, 2, 1)
    return _Deviation(each.key, ("head", "query", "key"), measured, _bound(unit, summed))


def _rows(each: Recorded, unit: float) -> _Deviation:
    seeing = (each.table.codes == 0).any(axis=-1)
    measured = np.abs(_wide(each.table.weights).sum(axis=-1) - seeing)
    return _Deviation(each.key, ("head", "query"), measured, _bound(unit, np.ones(1)))


def _masked(each: Recorded, _unit: float) -> _Deviation:
    measured = np.where(each.table.codes == 0, 0.0, np.abs(_wide(each.table.weights)))
    return _Deviation(each.key, ("head", "query", "key"), measured, _NOTHING)


def _weights(each: Recorded, unit: float) -> _Deviation:
    redone = softmax_where(_wide(each.table.scores), each.table.codes == 0)
    measured = np.abs(_wide(each.table.weights) - redone)
    return _Deviation(each.key, ("head", "query", "key"), measured, _bound(unit, np.ones(1)))


def _context(each: Recorded, unit: float) -> _Deviation:
    weights, values = _wide(each.table.weights), _wide(each.table.values)
    measured = np.abs(_wide(each.table.context) - weights @ values).max(axis=-1)
    return _Deviation(each.key, ("head", "query"), measured, _bound(unit, weights @ np.abs(values)))


def _fused(each: Recorded, dtype: torch.dtype, unit: float) -> _Deviation:
    queries, keys, values = (
        torch.from_numpy(vectors)[None].to(dtype)
        for vectors in (each.table.queries, each.table.keys, each.table.values)
    )
    view = View.of(torch.from_numpy(each.table.codes == 0)[None])
    context = attend(queries, keys, values, view, path="fused", scale=each.core.scale).context[0]
    measured = np.abs(_wide(each.table.context) - context.double().numpy()).max(axis=-1)
    return _Deviation(each.key, ("head", "query"), measured, _bound(2 * unit, np.abs(_wide(each.table.values))))


def _stepwise(each: Recorded, other: Table, dtype: torch.dtype) -> Iterator[_Deviation]:
    allowed = STEPWISE_TOLERANCE[dtype]
    weights = np.abs(_wide(each.table.weights) - _wide(other.weights))
    yield _Deviation(each.key, ("head", "query", "key"), weights, allowed)
    context = np.abs(_wide(each.table.context) - _wide(other.context)).max(axis=-1)
    yield _Deviation(
        each.key, ("head", "query"), context, allowed * max(1.0, float(np.abs(other.context).max(initial=0)))
    )


def softmax_where(
    scores: Float[np.ndarray, "head query key"], visible: NDArray[np.bool_]
) -> Float[np.ndarray, "head query key"]:
    """Softmax over the visible keys; a query that sees none has weights 0."""
    shown = np.where(visible, scores, -np.inf)
    largest = shown.max(axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(shown - np.where(np.isfinite(largest), largest, 0))
    total = powers.sum(axis=-1, keepdims=True)
    weights: NDArray[np.float64] = powers / np.where(total == 0, 1, total)
    return weights


def _bound(unit: float, summed: NDArray[np.float64]) -> float:
    largest = float(summed.max(initial=0))
    return max(TOLERANCE, _UNITS * unit * largest) if np.isfinite(largest) else TOLERANCE


def _wide(array: NDArray[np.float32]) -> NDArray[np.float64]:
    return array.astype(np.float64)


_NOTHING: Final = 0.0
_TINY: Final = 1e-300
_FUSED: Final = "context of PyTorch's fused kernel = recorded context"
_STEPWISE: Final = "weights and context, word by word = those of one pass over all positions"
_MEASURES: Final[tuple[tuple[str, str, Callable[[Recorded, float], _Deviation]], ...]] = (
    ("scores", "queries · keysᵀ · scale = recorded scores", _scores),
    ("rows", "weights of a query sum to 1, or to 0 if it may look at nothing", _rows),
    ("masked", "weights of hidden cells = 0", _masked),
    ("weights", "softmax of the visible scores = recorded weights", _weights),
    ("context", "weights · values = recorded context", _context),
)
