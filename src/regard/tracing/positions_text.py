"""Where tokens stand, as text: the position vectors of a sentence as a heat map, and their products."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from jaxtyping import Float

from regard.tracing.grid import SHADES, Grid, largest
from regard.tracing.header import ModelFacts, TokenList
from regard.tracing.labels import token_labels
from regard.tracing.legible import fitted
from regard.tracing.table_text import HEADING, Paint, Tone, label_width, plain
from regard.tracing.trace import Trace
from regard.tracing.wrapping import heading, prose

_ROWS: Final[dict[TokenList, str]] = {"source": "source", "target_in": "translation"}
_RECURRENT: Final = "This model reads word after word, and has no position vectors."
_WITHOUT_VECTORS: Final = {
    "rotary": "This model adds no position vectors: it turns queries and keys by an angle per position (rotary).",
    "none": "This model has no positions: no token knows where it stands.",
}


def position_lines(trace: Trace, *, width: int = 80, paint: Paint = plain) -> Iterator[str]:
    """A heat map of the vectors that were added to the embeddings, one row per token; then their products."""
    rows = [row for row in _ROWS if row in trace.header.position_vectors]
    if not rows:
        yield from prose(_without_vectors(trace.header.model), width=width)
    for row in rows:
        tokens = trace.token_row(row)
        names = tuple(f"{token.i} {label}" for token, label in zip(tokens, token_labels(tokens), strict=True))
        vectors = trace.tensors[f"positions/{row}"]
        yield from _heat_map(f"Position vectors of the {_ROWS[row]}", names, vectors, width=width, paint=paint)
        yield from _products(names, vectors, trace.header.model.positions or "", width=width, paint=paint)


def _without_vectors(model: ModelFacts) -> str:
    if model.kind == "recurrent":
        return _RECURRENT
    unknown = f"No position vectors were added in this run (positions: {model.positions})."
    return _WITHOUT_VECTORS.get(model.positions, unknown)


def _heat_map(
    title: str, names: tuple[str, ...], vectors: Float[np.ndarray, "position model"], *, width: int, paint: Paint
) -> Iterator[str]:
    first = label_width(names, width=width)
    dim, extent = vectors.shape[1], largest(vectors) or 1.0
    step = _every(dim, width - first - 1)
    shown = "" if step == 1 else f", one of {step} shown"
    yield ""
    yield from heading(f"{title}: {len(names)} positions, {dim} features{shown}", width=width, paint=paint)
    yield f"From -{extent:.2f} (“{SHADES[0]}”) over 0 (“{SHADES[2]}”) to {extent:.2f} (“{SHADES[-1]}”)."
    for name, vector in zip(names, vectors[:, ::step] / extent, strict=True):
        drawn = "".join(paint(_shade(float(level)), Tone("diverging", float(level))) for level in vector)
        yield f"{paint(fitted(name, first), HEADING)} {drawn}".rstrip()


def _products(
    names: tuple[str, ...], vectors: Float[np.ndarray, "position model"], kind: str, *, width: int, paint: Paint
) -> Iterator[str]:
    yield ""
    yield from heading("Their products with each other", width=width, paint=paint)
    if kind.startswith("sinusoidal"):
        said = "Of sinusoidal positions a product depends only on how far two positions are apart."
        yield from prose(said, width=width)
    products = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    yield from Grid(names, names, products, "scores", corner="position").lines(width=width, paint=paint)


def _every(dim: int, room: int) -> int:
    """Show one feature of so many. Odd, so that sines and cosines, which take turns, are both seen."""
    step = -(-dim // max(room, 1))
    return step if step == 1 else step | 1


def _shade(level: float) -> str:
    """From nothing at -1 to black at 1."""
    return SHADES[min(int((level + 1) / 2 * len(SHADES)), len(SHADES) - 1)]
