"""The four steps of one head as text: scores, mask, weights and output, as query × key tables."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, final

import numpy as np
from jaxtyping import Float, UInt8

from regard.tracing.grid import Grid, Totals, largest
from regard.tracing.labels import decoder_labels, token_labels
from regard.tracing.mask_grid import MaskGrid
from regard.tracing.table_text import Paint, plain
from regard.tracing.trace import HeadTrace, Trace
from regard.tracing.wrapping import heading, prose

ROWS_AND_COLUMNS: Final = "Rows are queries (who looks), columns are keys (who is looked at)."
WHO_LOOKS: Final = {
    "encoder.self": "the source looks at itself",
    "decoder.self": "the translation looks at its own beginning",
    "decoder.cross": "the translation looks at the source",
}


@final
@dataclass(frozen=True, eq=False)
class Panels:
    """Four tables of one head, or of one group of rows.

    Attributes:
        title: which head it is.
        queries: names of the rows.
        keys: names of the columns.
        scores: step 1, before the mask.
        codes: step 2.
        weights: step 3.
        adds: step 4: weight times the length of the key's value, how much each key adds.
        lengths: step 4: the length of what comes out of each row.
        score_formula: how scores were made.
    """

    title: str
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    scores: Float[np.ndarray, "query key"]
    codes: UInt8[np.ndarray, "query key"]
    weights: Float[np.ndarray, "query key"]
    adds: Float[np.ndarray, "query key"]
    lengths: Float[np.ndarray, " query"]
    score_formula: str

    @property
    def score_grid(self) -> Grid:
        """Step 1."""
        return Grid(self.queries, self.keys, self.scores, "scores")

    @property
    def mask_grid(self) -> MaskGrid:
        """Step 2."""
        return MaskGrid(self.queries, self.keys, self.codes)

    @property
    def weight_grid(self) -> Grid:
        """Step 3."""
        totals = Totals("sum", self.weights.sum(axis=-1))
        return Grid(self.queries, self.keys, self.weights, "weights", codes=self.codes, totals=totals)

    @property
    def output_grid(self) -> Grid:
        """Step 4."""
        return Grid(
            self.queries,
            self.keys,
            self.adds,
            "weights",
            codes=self.codes,
            extent=largest(self.adds) or 1.0,
            totals=Totals("out", self.lengths),
        )

    def lines(self, *, width: int = 80, paint: Paint = plain, top: int | None = None) -> Iterator[str]:
        """The four tables, each with its formula."""
        named = partial(heading, width=width, paint=paint)
        yield from named(self.title)
        yield from prose(ROWS_AND_COLUMNS, width=width)
        yield ""
        yield from named(f"① Scores = {self.score_formula}, before the mask")
        yield from self.score_grid.lines(width=width, paint=paint, top=top)
        yield ""
        yield from named("② Mask: 1 = may look")
        yield from self.mask_grid.lines(width=width, paint=paint)
        yield from prose(self.mask_grid.legend or "Nothing is hidden.", width=width)
        yield ""
        yield from named("③ Weights = softmax of the visible scores, row by row")
        yield from self.weight_grid.lines(width=width, paint=paint, top=top)
        yield ""
        yield from named("④ Output = weights · values: what each key adds, weight × ‖value‖")
        yield from self.output_grid.lines(width=width, paint=paint, top=top)


def panels_of(trace: Trace, head: HeadTrace, rows: Sequence[int]) -> Panels:
    """The four tables of some rows of one head."""
    chosen, labels = list(rows), query_labels(trace, head)
    lengths = np.linalg.norm(head.values.astype(np.float64), axis=-1)
    return Panels(
        title=head_title(head),
        queries=tuple(labels[row] for row in chosen),
        keys=token_labels(head.key_tokens),
        scores=head.scores[chosen],
        codes=head.codes[chosen],
        weights=head.weights[chosen],
        adds=head.weights[chosen] * lengths,
        lengths=np.linalg.norm(head.context[chosen].astype(np.float64), axis=-1),
        score_formula=score_formula(head),
    )


def head_title(head: HeadTrace) -> str:
    """Which head it is, and who looks at whom."""
    facts = head.attention
    return f"{facts.key}, head {head.head} of {facts.num_heads}: {WHO_LOOKS[facts.attention]}"


def query_labels(trace: Trace, head: HeadTrace) -> tuple[str, ...]:
    """What the rows of a head are called: in the decoder ``after "chat" → "a"``, in the encoder the token."""
    if head.attention.query_tokens == "target_in":
        return decoder_labels(trace.tokens.target_in, trace.tokens.target_out)
    return token_labels(head.query_tokens)


def score_formula(head: HeadTrace) -> str:
    """How the scores of a head were made."""
    facts = head.attention
    if facts.score != "dot":
        return "a small network of query and key"
    if math.isclose(facts.scale, facts.head_dim**-0.5, rel_tol=1e-6):
        return f"queries · keysᵀ / √{facts.head_dim}"
    return "queries · keysᵀ" if facts.scale == 1 else f"queries · keysᵀ · {facts.scale:.3g}"
