"""From the calls of a search to whole tables: the winner's row of each call, put under one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy.typing import NDArray

from regard.attention import Reason
from regard.errors import TraceError
from regard.models.multihead import HeadCore
from regard.tracing.interventions import Change
from regard.tracing.watch import Call, SeenStep


@final
@dataclass(frozen=True, eq=False)
class Table:
    """One attention, all heads: what entered and the four steps, over all queries and keys.

    ``completed`` holds the reasons of hidden cells whose scores the run did not need, and which were computed here.
    """

    queries: Float[np.ndarray, "head query head_dim"]
    keys: Float[np.ndarray, "head key head_dim"]
    values: Float[np.ndarray, "head key value_dim"]
    scores: Float[np.ndarray, "head query key"]
    codes: UInt8[np.ndarray, "head query key"]
    weights: Float[np.ndarray, "head query key"]
    context: Float[np.ndarray, "head query value_dim"]
    completed: Reason


def ancestry(steps: Sequence[SeenStep], tokens: Sequence[int]) -> list[int]:
    """The row of each step that wrote these tokens (BOS not counted): the one whose prefix they continue.

    Raises:
        TraceError: no row did, so what was recorded is not the run that wrote them.
    """
    rows = []
    for place in range(len(tokens)):
        history = list(tokens[:place])
        found = [row for row, prefix in enumerate(steps[place].prefixes) if prefix[1:] == history]
        if not found:
            raise TraceError(f"no hypothesis of step {place} leads to the translation; please report this as a bug")
        rows.append(found[0])  # beams without a hypothesis may repeat one; those that hold it come first
    return rows


def assembled(calls: Sequence[Call], rows: Sequence[int], change: Change, core: HeadCore) -> Table:
    """One attention as a whole, from the given row of each call."""
    used = [(call, min(row, len(call.queries) - 1)) for call, row in zip(calls, rows, strict=False)]
    queries, keys, values, context = (
        np.concatenate([getattr(call, name)[row] for call, row in used], axis=1)
        for name in ("queries", "new_keys", "new_values", "context")
    )
    heads, num_queries, num_keys = len(queries), queries.shape[1], keys.shape[1]
    scores, weights = (np.zeros((heads, num_queries, num_keys), dtype=np.float32) for _ in range(2))
    # Keys that a query never met did not exist yet.
    codes = np.full(scores.shape, int(Reason.FUTURE), dtype=np.uint8)
    codes |= change.hidden.reasons(num_queries, num_keys).numpy()[0]
    needed = np.zeros(scores.shape, dtype=bool)
    for call, row in used:
        cells = _cells(call)
        scores[cells], weights[cells] = call.scores[row], call.weights[row]
        codes[cells] = _row(call.codes, row)
        needed[cells] = ~_row(call.blanked, row)[:, None]
    completed = _complete(scores, needed, queries, keys, core)
    reasons = Reason(int(np.bitwise_or.reduce(codes[~needed], axis=None))) if completed else Reason.VISIBLE
    return Table(queries, keys, values, scores, codes, weights, context, reasons)


def with_keys_nobody_saw(table: Table, one_pass: Table, core: HeadCore) -> Table:
    """The table with the vectors of keys that no query may see, and their scores.

    A search blanks such keys once, before it begins; one pass over all positions meets them as they are.
    """
    unseen = (table.codes != 0).all(axis=(0, 1))
    if core.score != "dot" or not unseen.any() or table.keys.shape != one_pass.keys.shape:
        return table
    keys, values = (np.where(unseen[:, None], new, old) for old, new in _keys_and_values(table, one_pass))
    scores = np.where(unseen, _products(table.queries, keys, core), table.scores)
    completed = table.completed | Reason(int(np.bitwise_or.reduce(table.codes[..., unseen], axis=None)))
    return replace(table, keys=keys, values=values, scores=scores, completed=completed)


def _keys_and_values(table: Table, other: Table) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    yield table.keys, other.keys
    yield table.values, other.values


def _products(queries: NDArray[np.float32], keys: NDArray[np.float32], core: HeadCore) -> NDArray[np.float32]:
    """Scaled dot products, as the plain path computes them."""
    products: NDArray[np.float32] = np.matmul(queries * np.float32(core.scale), keys.transpose(0, 2, 1))
    return products


def _cells(call: Call) -> tuple[slice, slice, slice]:
    _, num_queries, num_keys = call.scores.shape[1:]
    return slice(None), slice(call.first_query, call.first_query + num_queries), slice(0, num_keys)


def _row(array: NDArray[Any], row: int) -> NDArray[Any]:
    """One batch row of what may be shared by all."""
    picked: NDArray[Any] = array[min(row, len(array) - 1)]
    return picked


def _complete(
    scores: Float[np.ndarray, "head query key"],
    needed: Bool[np.ndarray, "head query key"],
    queries: Float[np.ndarray, "head query head_dim"],
    keys: Float[np.ndarray, "head key head_dim"],
    core: HeadCore,
) -> bool:
    """Fills in the scores that the run did not need; only dot products can be made from queries and keys alone."""
    if needed.all() or core.score != "dot":
        return False
    scores[~needed] = _products(queries, keys, core)[~needed]
    return True
