"""The trace: one value that holds what every attention did while one sentence was translated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final, get_args

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray

from regard.errors import TraceError
from regard.tracing.header import (
    AXES,
    AttentionFacts,
    Check,
    Family,
    Header,
    Step,
    Token,
    TokenList,
    Tokens,
    TranslationFacts,
    key_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from regard.tracing.by_word import WordWeights
    from regard.tracing.cell import CellCard
    from regard.tracing.compare import Comparison

FAMILIES: Final[tuple[Family, ...]] = get_args(Family)


@final
@dataclass(frozen=True, eq=False)
class HeadTrace:
    """One head of one attention: the four steps, over its queries (rows) and keys (columns).

    Attributes:
        attention: what the trace says of the attention it belongs to.
        head: its number.
        query_tokens: the tokens that look, one per row.
        key_tokens: the tokens that are looked at, one per column.
        queries, keys, values: the vectors that entered, after rotary positions if the model has them.
        scores: step 1, before the mask; finite everywhere.
        codes: step 2, why a cell is hidden: 0 is visible, else a sum of ``regard.attention.Reason``.
        weights: step 3, 0 where hidden; each row sums to 1, or to 0 where a query may look at nothing.
        context: step 4, the weighted values.
        predicted_tokens: in the decoder, the token that each row predicted; empty in the encoder.
        scale: the factor of the scores.
    """

    attention: AttentionFacts
    head: int
    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    queries: Float[np.ndarray, "query head_dim"]
    keys: Float[np.ndarray, "key head_dim"]
    values: Float[np.ndarray, "key value_dim"]
    scores: Float[np.ndarray, "query key"]
    codes: UInt8[np.ndarray, "query key"]
    weights: Float[np.ndarray, "query key"]
    context: Float[np.ndarray, "query value_dim"]
    predicted_tokens: tuple[Token, ...] = ()

    @property
    def scale(self) -> float:
        """The factor of the scores."""
        return self.attention.scale

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The names of the axes of each array."""
        named = {name: axes[1:] for name, axes in AXES.items()}
        return named | dict.fromkeys(("codes", "masked_scores", "unmasked_weights"), named["scores"])

    @cached_property
    def masked_scores(self) -> Float[np.ndarray, "query key"]:
        """The scores as the softmax saw them: minus infinity where hidden."""
        return np.where(self.codes == 0, self.scores, -np.inf).astype(np.float32)

    @cached_property
    def unmasked_weights(self) -> Float[np.ndarray, "query key"]:
        """What the weights would be if nothing were hidden, all else being equal."""
        if not self.scores.size:
            return self.scores
        powers = np.exp(self.scores.astype(np.float64) - self.scores.max(axis=-1, keepdims=True))
        weights: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
        return weights

    def cell(self, query: int | str, key: int | str) -> "CellCard":
        """How one query came to give one key its weight; both are positions from 0, or texts.

        Raises:
            TraceError: there is no such token, or a text stands in several places.
        """
        from regard.tracing.cell import cell_card

        return cell_card(self, query, key)

    def by_word(self) -> "WordWeights":
        """The weights with the pieces of words put together: summed over keys, averaged over queries."""
        from regard.tracing.by_word import words_by_word

        return words_by_word(self)

    def plot(self, *, panel: str | None = None) -> "Figure":
        """A matplotlib figure of the four steps, or of ``scores``, ``mask``, ``weights`` or ``output`` alone.

        Raises:
            TraceError: there is no such panel, or the head is too large for a picture.
            MissingExtraError: matplotlib is not installed; the extra ``plot`` brings it.
        """
        from regard.tracing.plot import plot_head

        return plot_head(self, panel=panel)

    def to_svg(self, path: str | Path, *, panel: str | None = None) -> None:
        """Writes the same picture as SVG, over what stood there before. Needs nothing installed.

        Raises:
            TraceError: there is no such panel, or the head is too large for a picture.
            DiskFullError: no space is left; what was there before is intact.
            MachineError: the file cannot be written.
        """
        from regard.tracing.svg import write_svg

        write_svg(Path(path), self, panel=panel)

    def _repr_html_(self) -> str:
        from regard.tracing.notebook import head_html

        return head_html(self)


@final
@dataclass(frozen=True, eq=False)
class Trace:
    """What one run of a model did, as recorded: words and numbers in ``header``, arrays in ``tensors``.

    ``trace["decoder.cross", layer, head]`` is one head; layers and heads are counted from 0.

    Attributes:
        header: the contents of ``trace.json``.
        tensors: arrays by name, read-only: ``KEY/queries``, ``KEY/keys``, ``KEY/values``, ``KEY/scores``,
            ``KEY/weights`` and ``KEY/context`` of every attention, float32; ``masks/NAME``, uint8.
    """

    header: Header
    tensors: Mapping[str, NDArray[Any]]

    @property
    def translation(self) -> TranslationFacts:
        """What came out; ``str`` of it is the text."""
        return self.header.translation

    @property
    def tokens(self) -> Tokens:
        """Source, decoder input and decoder output."""
        return self.header.tokens

    @property
    def steps(self) -> tuple[Step, ...]:
        """How each token of the translation was chosen."""
        return self.header.steps

    @property
    def checks(self) -> tuple[Check, ...]:
        """The promises, measured on this trace."""
        return self.header.checks

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold; none, if all is well."""
        return tuple(check for check in self.checks if not check.holds)

    @property
    def attentions(self) -> tuple[AttentionFacts, ...]:
        """Every attention that was recorded."""
        return self.header.attentions

    def layers(self, attention: str) -> tuple[int, ...]:
        """The layers in which an attention was recorded."""
        return tuple(each.layer for each in self.attentions if each.attention == attention)

    def tensor(self, attention: AttentionFacts, name: str) -> NDArray[Any]:
        """A tensor of one attention, all heads: ``queries``, ``scores`` …"""
        return self.tensors[f"{attention.key}/{name}"]

    def codes(self, attention: AttentionFacts) -> UInt8[np.ndarray, "head query key"]:
        """The mask codes of one attention, one plane per head."""
        codes = self.tensors[f"masks/{attention.mask}"]
        return np.broadcast_to(codes, (attention.num_heads, *codes.shape[-2:]))

    def token_row(self, row: TokenList) -> tuple[Token, ...]:
        """The tokens of one row by its name in the header."""
        return self.tokens.source if row == "source" else self.tokens.target_in

    def __getitem__(self, name: tuple[str, int, int]) -> HeadTrace:
        """One head: ``trace["decoder.cross", 1, 3]``.

        Raises:
            TraceError: there is no such attention, layer or head in this trace.
        """
        attention = self._attention(name)
        head = name[2]
        if not 0 <= head < attention.num_heads:
            raise TraceError(
                f"{attention.key} has the heads 0 to {attention.num_heads - 1}, but head {head} is asked for"
            )
        return HeadTrace(
            attention=attention,
            head=head,
            query_tokens=self.token_row(attention.query_tokens),
            key_tokens=self.token_row(attention.key_tokens),
            codes=self.codes(attention)[head],
            predicted_tokens=self.tokens.target_out if attention.query_tokens == "target_in" else (),
            **{name: self.tensor(attention, name)[head] for name in AXES},
        )

    def _attention(self, name: object) -> AttentionFacts:
        if not isinstance(name, tuple) or len(name) != 3 or not all(type(number) is int for number in name[1:]):
            raise TraceError(f'a trace is asked as trace["decoder.cross", layer, head], but {name!r:.80} is given')
        family, layer, _ = name
        if family not in FAMILIES:
            raise TraceError(f"the attention must be one of {', '.join(FAMILIES)}, but is {family!r:.80}")
        key = key_of(family, layer)
        found = [each for each in self.attentions if each.key == key]
        if not found:
            layers = ", ".join(map(str, self.layers(family))) or "none"
            raise TraceError(f"layer {layer} of {family} is not in this trace; its layers there: {layers}")
        return found[0]

    def save(self, path: str | Path) -> None:
        """Writes the trace as one file, by custom called ``NAME.trace.zip``; what stood there before is replaced.

        A file is whole or not there. ``docs/trace.md`` describes it; NumPy alone can read it.

        Raises:
            DiskFullError: no space is left; what was there before is intact.
            MachineError: the file cannot be written.
        """
        from regard.tracing.archive import write_archive

        write_archive(Path(path), self)

    def to_html(self, path: str | Path) -> int:
        """Writes a page that shows the trace in a browser, from the file alone; returns its size in bytes.

        What stood there before is replaced. The page needs no network, and without scripts it reads as tables.

        Raises:
            TraceError: the page would be larger than browsers open.
            DiskFullError: no space is left; what was there before is intact.
            MachineError: the file cannot be written.
        """
        from regard.tracing.report import write_report

        return write_report(Path(path), self)

    def to_csv(self, path: str | Path) -> int:
        """Writes every cell of every head as a row of a table; returns how many rows. What stood there is replaced.

        Texts stand in the file as JSON writes them, in quotes: nothing in it is taken for a formula.

        Raises:
            DiskFullError: no space is left; what was there before is intact.
            MachineError: the file cannot be written.
        """
        from regard.tracing.table import write_csv

        return write_csv(Path(path), self)

    def to_pandas(self) -> Any:
        """The same table as a ``pandas.DataFrame``, texts as they are.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from regard.tracing.table import data_frame

        return data_frame(self)

    def compare(self, other: "Trace") -> "Comparison":
        """What differs in another trace, of another sentence, of another model, or of a changed run: other minus this.

        Tokens are compared where they correspond; the rest is named and left out.
        """
        from regard.tracing.compare import compare_traces

        return compare_traces(self, other)

    def _repr_html_(self) -> str:
        from regard.tracing.notebook import trace_html

        return trace_html(self)

    @staticmethod
    def load(path: str | Path) -> "Trace":
        """Reads what ``save`` wrote. Nothing in the file is executed, whoever wrote it.

        Raises:
            TraceError: the file is missing, damaged, too large, of another schema, or no trace at all.
        """
        from regard.tracing.archive import read_archive

        return read_archive(Path(path))
