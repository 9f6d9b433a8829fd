"""Two traces side by side: signed differences where their tokens correspond, and what became of the translation.

Tokens correspond as in a text comparison: the longest runs of equal pieces, in order. Where two sentences differ, or
two models cut them differently, the tokens without a partner are named and left out; nothing is compared by position
alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, final

import numpy as np
from jaxtyping import Float

from regard.errors import TraceError
from regard.tracing.header import AttentionFacts, Token, TokenList
from regard.tracing.labels import quoted_labels

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace, Trace

_MOST_LISTED: Final = 6


@final
@dataclass(frozen=True)
class Matching:
    """Which tokens of two rows correspond.

    Attributes:
        pairs: positions (in the first, in the second) of tokens that correspond, in order.
        only_first: positions in the first row without a partner.
        only_second: positions in the second row without a partner.
    """

    pairs: tuple[tuple[int, int], ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every token has a partner."""
        return not self.only_first and not self.only_second


@final
@dataclass(frozen=True, eq=False)
class HeadDifference:
    """One head in both traces, second minus first, where queries and keys correspond.

    Attributes:
        first, second: the heads.
        queries, keys: which tokens correspond; the rows and columns of the differences are their ``pairs``.
        weights: differences of weights.
        scores: differences of scores.
    """

    first: "HeadTrace"
    second: "HeadTrace"
    queries: Matching
    keys: Matching
    weights: Float[np.ndarray, "query key"]
    scores: Float[np.ndarray, "query key"]

    @property
    def largest(self) -> float:
        """The largest change of a weight, with its sign; 0 where nothing corresponds."""
        return float(self.weights.ravel()[np.abs(self.weights).argmax()]) if self.weights.size else 0.0

    @property
    def mean(self) -> float:
        """The mean over queries of half the summed changes of weights: 0 is no change, 1 a wholly different gaze."""
        return float(np.abs(self.weights).sum(axis=1).mean() / 2) if self.weights.size else 0.0

    @property
    def where(self) -> tuple[Token, Token] | None:
        """Query and key, in the first trace, of the largest change; None where nothing corresponds."""
        if not self.weights.size:
            return None
        row, column = np.unravel_index(np.abs(self.weights).argmax(), self.weights.shape)
        query, key = self.queries.pairs[row][0], self.keys.pairs[column][0]
        return self.first.query_tokens[query], self.first.key_tokens[key]

    def __str__(self) -> str:
        facts = self.first.attention
        name = f"{facts.key}, head {self.first.head}"
        if self.where is None:
            return f"{name}: no tokens correspond"
        query, key = (
            quoted_labels(row)[token.i]
            for row, token in zip((self.first.query_tokens, self.first.key_tokens), self.where, strict=True)
        )
        return f"{name}: {self.mean:.3f} of the gaze moved, most at {query}→{key}: {self.largest:+.3f}"


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """Two traces, and what differs.

    Attributes:
        first, second: the traces.
        rows: which tokens correspond, of ``source`` and of ``target_in``.
        heads: every head that both have, the most changed first.
        notes: what cannot be compared, and what has to be known to read the rest.
    """

    first: "Trace"
    second: "Trace"
    rows: dict[TokenList, Matching]
    heads: tuple[HeadDifference, ...]
    notes: tuple[str, ...]

    @property
    def is_same_translation(self) -> bool:
        """Whether both came to the same text."""
        return self.first.translation.text == self.second.translation.text

    @property
    def score_change(self) -> float:
        """The second translation's score minus the first's; comparable within one model only."""
        return self.second.translation.score - self.first.translation.score

    def __getitem__(self, name: tuple[str, int, int]) -> HeadDifference:
        """The difference of one head: ``comparison["decoder.cross", 1, 3]``.

        Raises:
            TraceError: the head is not in both traces.
        """
        for head in self.heads:
            facts = head.first.attention
            if (facts.attention, facts.layer, head.first.head) == name:
                return head
        raise TraceError(f"the head {name!r:.80} is not in both traces; compared are {len(self.heads)} heads")

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, *, most_heads: int = 10) -> Iterator[str]:
        """The comparison as text: the translations, what to know, and the heads that changed most."""
        before, after = (trace.translation.text for trace in (self.first, self.second))
        yield f"same translation: {before!r}" if self.is_same_translation else f"{before!r} became {after!r}"
        yield from self.notes
        yield from (str(head) for head in self.heads[:most_heads])
        if len(self.heads) > most_heads:
            yield f"and {len(self.heads) - most_heads} heads that changed less"


def compare_traces(first: "Trace", second: "Trace") -> Comparison:
    """Second minus first, head by head."""
    rows: dict[TokenList, Matching] = {
        "source": match_tokens(first.tokens.source, second.tokens.source),
        "target_in": match_tokens(first.tokens.target_in, second.tokens.target_in),
    }
    heads = [
        _difference(first, second, each, head, rows)
        for each in first.attentions
        if (other := _counterpart(second, each)) is not None
        for head in range(min(each.num_heads, other.num_heads))
    ]
    heads.sort(key=lambda head: -head.mean)
    return Comparison(first, second, rows, tuple(heads), tuple(_notes(first, second, rows)))


def match_tokens(first: Sequence[Token], second: Sequence[Token]) -> Matching:
    """Which tokens of two rows are the same pieces in the same order."""
    one, other = ([(token.kind, token.piece) for token in row] for row in (first, second))
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    pairs = tuple((block.a + step, block.b + step) for block in blocks for step in range(block.size))
    kept_first, kept_second = ({pair[side] for pair in pairs} for side in (0, 1))
    return Matching(
        pairs,
        tuple(place for place in range(len(first)) if place not in kept_first),
        tuple(place for place in range(len(second)) if place not in kept_second),
    )


def _counterpart(second: "Trace", attention: AttentionFacts) -> AttentionFacts | None:
    return next((each for each in second.attentions if each.key == attention.key), None)


def _difference(
    first: "Trace", second: "Trace", attention: AttentionFacts, head: int, rows: dict[TokenList, Matching]
) -> HeadDifference:
    one, other = (trace[attention.attention, attention.layer, head] for trace in (first, second))
    queries, keys = rows[attention.query_tokens], rows[attention.key_tokens]
    places = [np.ix_([pair[side] for pair in queries.pairs], [pair[side] for pair in keys.pairs]) for side in (0, 1)]
    return HeadDifference(
        one,
        other,
        queries,
        keys,
        weights=other.weights[places[1]] - one.weights[places[0]],
        scores=other.scores[places[1]] - one.scores[places[0]],
    )


def _notes(first: "Trace", second: "Trace", rows: dict[TokenList, Matching]) -> Iterator[str]:
    models = [trace.header.model.sha256 or trace.header.model.name for trace in (first, second)]
    if models[0] != models[1]:
        yield "two models: head 3 of one has nothing to do with head 3 of the other, unless both began as one"
    heads = [{(each.key, each.num_heads) for each in trace.attentions} for trace in (first, second)]
    if heads[0] != heads[1]:
        alone = ", ".join(sorted({key for key, _ in heads[0] ^ heads[1]}))
        yield f"compared only as far as both go, because they differ in their layers or heads: {alone}"
    for name, row in rows.items():
        tokens = [trace.token_row(name) for trace in (first, second)]
        for which, side, left in (("first", 0, row.only_first), ("second", 1, row.only_second)):
            if left:
                where = "source" if name == "source" else "translation"
                yield f"left out, only in the {which} {where}: {_listed(tokens[side], left)}"


def _listed(tokens: Sequence[Token], places: Sequence[int]) -> str:
    labels = quoted_labels(tokens)
    shown = ", ".join(f"{labels[place]:.40}" for place in places[:_MOST_LISTED])
    return shown + (f" and {len(places) - _MOST_LISTED} more" if len(places) > _MOST_LISTED else "")
