"""The worked example as text: each step with its formula, its shape and its numbers."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from torch import Tensor

from regard.tracing.grid import Grid, Totals, largest
from regard.tracing.legible import legible
from regard.tracing.mask_grid import MaskGrid
from regard.tracing.table_text import HEADING, SIDES_GAP, Paint, beside, plain
from regard.tracing.toy import EMBEDDING, PAD_TOKEN, WorkedExample
from regard.tracing.wrapping import heading, prose, wrapped

ROWS_AND_COLUMNS: Final = "Rows are queries (who looks), columns are keys (who is looked at)."
_VECTOR_CORNER: Final = "word ↓ feature →"


def toy_lines(example: WorkedExample, *, width: int = 80, paint: Paint = plain) -> list[str]:
    """The whole example, from the random vectors to the output, in ``width`` columns."""
    return list(_Page(example, width, paint).lines())


class _Page:
    """One way through the example; keeps what all its tables share."""

    def __init__(self, example: WorkedExample, width: int, paint: Paint) -> None:
        self.example = example
        self.width = width
        self.paint = paint
        self.names = tuple(map(legible, example.tokens))

    def lines(self) -> Iterator[str]:
        yield from self._opening()
        yield from self._vectors()
        yield from self._scores()
        yield from self._mask()
        if self.example.num_pads:
            yield from self._sides()
        yield from self._weights()
        yield from self._output()

    def _opening(self) -> Iterator[str]:
        example = self.example
        yield from self._heading(f"The worked example: “{' '.join(self.names)}” looks at itself")
        yield f"batch 1, sequence {len(self.names)}, embedding {EMBEDDING}, 1 head, seed {example.seed}"
        yield from wrapped(f"mask: {example.asked}".split(" & "), " & ", width=self.width)
        yield from self._prose("The vectors are random: the numbers mean nothing, what happens to them does.")

    def _vectors(self) -> Iterator[str]:
        example = self.example
        yield from self._vector_table("Embeddings X, random", example.embeddings)
        yield from self._vector_table("Queries Q = X · W_Q", example.queries)
        yield from self._vector_table("Keys K = X · W_K", example.keys)
        yield from self._vector_table("Values V = X · W_V", example.values)

    def _vector_table(self, title: str, vectors: Tensor, comment: str = "") -> Iterator[str]:
        yield from self._title(title, "(batch, sequence, embedding)", vectors)
        yield from self._prose(comment)
        features = tuple(str(feature) for feature in range(vectors.shape[-1]))
        yield from self._drawn(Grid(self.names, features, vectors[0].numpy(), "scores", corner=_VECTOR_CORNER))

    def _scores(self) -> Iterator[str]:
        yield from self._title(
            f"① Scores = Q · Kᵀ / √{EMBEDDING}", "(batch, head, query, key)", self.example.unmasked.scores
        )
        yield from self._prose(ROWS_AND_COLUMNS)
        yield from self._drawn(Grid(self.names, self.names, self._raw_scores, "scores"))

    def _mask(self) -> Iterator[str]:
        codes = self.example.codes
        masked = self.example.steps.masked_scores
        yield from self._title("② Mask: 1 = may look", "(batch, head, query, key)", masked)
        yield from self._table_of_marks(codes)
        yield from self._title("  Masked scores: minus infinity where hidden", "(batch, head, query, key)", masked)
        yield from self._drawn(
            Grid(self.names, self.names, self._raw_scores, "scores", codes=codes, extent=largest(self._raw_scores))
        )

    def _table_of_marks(self, codes: np.ndarray) -> Iterator[str]:
        grid = MaskGrid(self.names, self.names, codes)
        yield from grid.lines(width=self.width, paint=self.paint)
        yield from self._prose(grid.legend or "Nothing is hidden.")

    def _weights(self) -> Iterator[str]:
        weights = self.example.steps.weights
        assert weights is not None
        yield from self._title(
            "③ Weights = softmax of the masked scores, row by row", "(batch, head, query, key)", weights
        )
        drawn = weights[0, 0].numpy()
        totals = Totals("sum", drawn.sum(axis=-1))
        grid = Grid(self.names, self.names, drawn, "weights", codes=self.example.codes, totals=totals)
        yield from self._drawn(grid)
        if self.example.codes.all(axis=1).any():
            yield from self._prose("A row that may look at nothing has weights 0 and output 0, never NaN.")

    def _output(self) -> Iterator[str]:
        comment = "A [PAD] row is computed, and nobody reads it." if self.example.num_pads else ""
        yield from self._vector_table("④ Output = weights · V", self.example.steps.context[0], comment)

    def _sides(self) -> Iterator[str]:
        """Padding hidden on the side of the keys, and on that of the queries."""
        codes, half = self.example.key_codes, (self.width - SIDES_GAP) // 2
        blocks = [
            [title, *MaskGrid(self.names, self.names, side).lines(width=half)]
            for title, side in (("hiding keys (as here)", codes), ("hiding queries (to compare)", codes.T))
        ]
        yield ""
        yield from self._heading("Padding: why keys are hidden, and queries are not")
        yield from beside(*blocks, width=self.width)
        yield from self._why_keys()

    def _why_keys(self) -> Iterator[str]:
        weights = self.example.hiding_queries.weights
        assert weights is not None
        words = len(self.example.words)
        share = weights[0, 0, :words, words:].sum(-1)
        word = int(share.argmax())
        yield from self._prose(
            f"Hiding the key {PAD_TOKEN} keeps it out of every word's output: no weight goes there. "
            f"Hiding the query {PAD_TOKEN} empties a row that nobody reads, and leaves its column open: "
            f"“{self.names[word]}” would give {share[word]:.2f} of its attention to padding."
        )

    @property
    def _raw_scores(self) -> np.ndarray:
        assert self.example.unmasked.scores is not None
        return self.example.unmasked.scores[0, 0].numpy()

    def _drawn(self, grid: Grid) -> list[str]:
        return grid.lines(width=self.width, paint=self.paint)

    def _prose(self, text: str) -> Iterator[str]:
        return prose(text, width=self.width)

    def _heading(self, text: str) -> Iterator[str]:
        return heading(text, width=self.width, paint=self.paint)

    def _title(self, text: str, axes: str, values: Tensor | None) -> Iterator[str]:
        assert values is not None  # the plain path computes every step
        shape = f"{axes} = {tuple(values.shape)}"
        yield ""
        if len(text) + 3 + len(shape) <= self.width:
            yield f"{self.paint(text, HEADING)}   {shape}"
        else:
            yield from self._heading(text)
            yield from self._prose(f"  {shape}")
