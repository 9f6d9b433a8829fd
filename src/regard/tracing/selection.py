"""Which heads and rows of a trace somebody wants to see."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from regard.errors import TraceError
from regard.tracing.header import AttentionFacts, Family, TokenList
from regard.tracing.trace import FAMILIES, HeadTrace, Trace

SHORT_NAMES: Final[dict[str, Family]] = {
    "encoder": "encoder.self",
    "decoder": "decoder.self",
    "cross": "decoder.cross",
}
"""What people type for each kind of attention."""


def family_of(name: str) -> Family:
    """The kind of attention of a short or full name.

    Raises:
        TraceError: there is no such attention.
    """
    full = next((family for family in FAMILIES if family == name), None) or SHORT_NAMES.get(name)
    if full is None:
        raise TraceError(f"the attention must be one of {', '.join(SHORT_NAMES)}, but is {name!r:.40}")
    return full


@final
@dataclass(frozen=True)
class Selection:
    """Heads and rows to look at.

    Attributes:
        attention: which of the three kinds; cross-attention if None, or what the model has instead.
        layers: first and last layer; the last recorded one if None.
        head: its number; all of them if None.
        step: only this row of the decoder; all rows if None.
        top: how many keys to list per row; tables if None.
    """

    attention: Family | None = None
    layers: tuple[int, int] | None = None
    head: int | None = 0
    step: int | None = None
    top: int | None = None

    def family(self, trace: Trace) -> Family:
        """The kind of attention to look at; cross-attention if none was asked for.

        Raises:
            TraceError: it is not in the trace, or a step is asked of the encoder.
        """
        family = self.attention or "decoder.cross"
        if not trace.layers(family):
            have = ", ".join(dict.fromkeys(each.attention for each in trace.attentions)) or "no attention at all"
            raise TraceError(f"the trace has no {family}; it has {have}")
        if self.step is not None and family == "encoder.self":
            raise TraceError("the encoder reads all tokens at once and has no steps; look at decoder or cross")
        return family

    def attentions(self, trace: Trace) -> tuple[AttentionFacts, ...]:
        """The attentions to look at, one per layer.

        Raises:
            TraceError: a layer is not in the trace.
        """
        family = self.family(trace)
        there = trace.layers(family)
        first, last = (there[-1], there[-1]) if self.layers is None else self.layers
        missing = [layer for layer in (first, last) if layer not in there]
        if missing or first > last:
            asked = f"{first} to {last}" if first != last else f"{first}"
            raise TraceError(
                f"{family} has the layers {there[0]} to {there[-1]} in this trace, but {asked} is asked for"
            )
        return tuple(each for each in trace.attentions if each.attention == family and first <= each.layer <= last)

    def heads(self, trace: Trace) -> Iterator[HeadTrace]:
        """The heads to look at, layer by layer.

        Raises:
            TraceError: a layer or head is not in the trace.
        """
        for each in self.attentions(trace):
            numbers = range(each.num_heads) if self.head is None else (self.head,)
            yield from (trace[each.attention, each.layer, number] for number in numbers)

    def rows(self, trace: Trace, row: TokenList) -> tuple[int, ...]:
        """The positions of the queries to look at.

        Raises:
            TraceError: there is no such step.
        """
        number = trace.header.num_tokens(row)
        if self.step is None:
            return tuple(range(number))
        if not 0 <= self.step < number:
            raise TraceError(f"the translation has the steps 0 to {number - 1}, but step {self.step} is asked for")
        return (self.step,)
