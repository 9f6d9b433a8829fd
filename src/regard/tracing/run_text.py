"""A trace as text: what was translated, how each token was chosen, where heads look, and the four steps of some."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from regard.attention import Reason
from regard.tracing.compare import compare_traces
from regard.tracing.grid import Grid, number_cell
from regard.tracing.header import Check, Interventions, Step, Token
from regard.tracing.interventions import LIFTABLE
from regard.tracing.labels import decoder_labels, piece_label, token_labels
from regard.tracing.legible import fitted, legible
from regard.tracing.panels import panels_of
from regard.tracing.selection import Selection
from regard.tracing.table_text import HEADING, Paint, label_width, plain
from regard.tracing.trace import HeadTrace, Trace
from regard.tracing.wrapping import heading, prose, wrapped

NOT_A_REASON: Final = (
    "Weights are not a reason: they say where a head looked, not why a word was chosen. "
    "④ says how much was carried over; --without-head L.H, what changes without a head."
)
_ALL_BUT_THE_FUTURE: Final = frozenset(
    reason.name.lower() for reason in LIFTABLE if reason.name and reason != Reason.FUTURE
)
_NO_FUTURE: Final = "The future mask changes nothing here: while a word is chosen, later ones are not there."

_MOST_MOVED: Final = 4
_LEAST_PROBABILITY: Final = 0.005  # what would be shown as 0.00 is not worth a place

Effect = Callable[[HeadTrace], list[str]]
"""Says what changes without a head."""


def no_effect(_head: HeadTrace) -> list[str]:
    """Nothing to say: there is no model at hand to ask."""
    return []


def run_lines(
    trace: Trace, selection: Selection, *, width: int = 80, paint: Paint = plain, effect: Effect = no_effect
) -> Iterator[str]:
    """How each token was chosen, where heads look, and the four steps of the selected heads."""
    yield from step_lines(trace, selection, width=width, paint=paint)
    yield from overview_lines(trace, width=width, paint=paint)
    yield from head_lines(trace, selection, width=width, paint=paint, effect=effect)
    yield ""
    yield from prose(NOT_A_REASON, width=width)


def heading_lines(
    trace: Trace, *, ordinary: Trace | None = None, width: int = 80, paint: Paint = plain
) -> Iterator[str]:
    """The sentence, its translation, how it was made, its tokens, and whether the checks hold.

    ``ordinary`` is the run with nothing changed, if this one is changed.
    """
    header = trace.header
    title = f"“{legible(header.request.text)}” → “{legible(trace.translation.text)}”"
    yield from heading(title, width=width, paint=paint)
    yield from wrapped(_facts(trace), " · ", width=width)
    yield from wrapped([f"{token.i} {label}" for token, label in _named(trace.tokens.source)], " · ", width=width)
    if ordinary is not None:
        yield from _compared(trace, ordinary, width)
    if not trace.attentions:
        yield "There is nothing to look at." if header.request.text.strip() else "The text is empty."
    yield from (line for check in trace.checks if not check.holds for line in failed_check_lines(check, width=width))
    if trace.checks and not trace.failed:
        yield from prose(f"All {len(trace.checks)} checks of this trace hold.", width=width)


def _compared(trace: Trace, ordinary: Trace, width: int) -> Iterator[str]:
    """What the run would have given with nothing changed."""
    same = trace.translation.text == ordinary.translation.text
    text = "the same translation" if same else f"“{legible(ordinary.translation.text)}”"
    yield from prose(f"with nothing changed: {text}, score {ordinary.translation.score:.3f}", width=width)
    comparison = compare_traces(ordinary, trace)
    for line in (*comparison.notes, *map(str, comparison.heads[:_MOST_MOVED])):
        yield from prose(f"  {line}", width=width)
    request = trace.header.request
    if request.decoding != "forced" and set(request.interventions.without_masks) >= _ALL_BUT_THE_FUTURE:
        yield from prose(_NO_FUTURE, width=width)


def failed_check_lines(check: Check, *, width: int = 80) -> Iterator[str]:
    """A check that failed, with its figures."""
    measured = "not a number" if check.measured is None else f"{check.measured:.2g}"
    where = f", at {legible(check.where)}" if check.where else ""
    yield from prose(f"CHECK FAILED: {legible(check.name)}: {legible(check.what)}", width=width)
    yield from prose(f"  measured {measured}, but at most {check.tolerance:.2g} is accepted{where}", width=width)


def step_lines(trace: Trace, selection: Selection, *, width: int = 80, paint: Paint = plain) -> Iterator[str]:
    """How each token was chosen: its probability, and what might have come instead."""
    if not trace.steps:
        return
    labels = decoder_labels(trace.tokens.target_in, trace.tokens.target_out)
    first = label_width(labels, width=width)
    yield ""
    yield from heading("How each token was chosen: probability, then the most probable ones", width=width, paint=paint)
    for row in selection.rows(trace, "target_in"):
        step = trace.steps[row]
        number = number_cell(step.probability, "weights", 1.0)
        others = fitted(_candidates(step), width - first - 8).rstrip()
        yield f"{paint(fitted(labels[row], first), HEADING)} {paint(number.text, number.tone)}  {others}".rstrip()


def overview_lines(trace: Trace, *, width: int = 80, paint: Paint = plain) -> Iterator[str]:
    """How sharply each head looks: the largest weight of a row, on average over its rows of real tokens."""
    if not trace.attentions:
        return
    yield ""
    yield from heading("Heads at a glance: the largest weight of a row, on average", width=width, paint=paint)
    heads = max(each.num_heads for each in trace.attentions)
    values = np.full((len(trace.attentions), heads), np.nan)
    for row, each in enumerate(trace.attentions):
        real = [token.i for token in trace.token_row(each.query_tokens) if token.kind != "pad"]
        weights = trace.tensor(each, "weights")[:, real]
        values[row, : each.num_heads] = weights.max(axis=-1, initial=0).mean(axis=-1) if real else 0
    names = tuple(each.key for each in trace.attentions)
    numbers = tuple(f"head {head}" for head in range(heads))
    grid = Grid(names, numbers, values, "weights", computed=~np.isnan(values), corner="attention ↓")
    yield from grid.lines(width=width, paint=paint)


def head_lines(
    trace: Trace, selection: Selection, *, width: int = 80, paint: Paint = plain, effect: Effect = no_effect
) -> Iterator[str]:
    """The four steps of the selected heads, each followed by its effect.

    Raises:
        TraceError: what is selected is not in the trace.
    """
    for head in selection.heads(trace):
        rows = selection.rows(trace, head.attention.query_tokens)
        yield ""
        yield from panels_of(trace, head, rows).lines(width=width, paint=paint, top=selection.top)
        yield from (line for sentence in effect(head) for line in prose(sentence, width=width))


def _facts(trace: Trace) -> list[str]:
    header = trace.header
    model, request = header.model, header.request
    return [
        f"model {legible(model.name)}",
        model.shape,
        f"beam search, beam size {request.beam_size}" if request.decoding == "beam" else f"{request.decoding} search",
        f"score {trace.translation.score:.3f}",
        *([] if trace.translation.finished else ["cut at its maximum length"]),
        *([] if request.pad_source_to is None else [f"source padded to {request.pad_source_to} tokens"]),
        *([] if request.prefix is None else [f"begun with “{legible(request.prefix)}”"]),
        *changes(request.interventions),
        f"computed in {model.dtype}, recorded in float32",
    ]


def changes(interventions: Interventions) -> Iterator[str]:
    """What was changed in the run, each in a few words."""
    for head in interventions.without_heads:
        names = (head.attention or "every attention", *map(_number, ("layer", "head"), (head.layer, head.head)))
        yield f"without {', '.join(names)}"
    if interventions.without_cells:
        yield f"{len(interventions.without_cells)} cells switched off"
    lifted = set(interventions.without_masks)
    if lifted >= _ALL_BUT_THE_FUTURE:
        yield "without any mask" if "future" in lifted else "without any mask but that of the future"
    else:
        yield from (f"without the {reason} mask" for reason in interventions.without_masks)
    if not interventions.positions:
        yield "without positions"


def _number(what: str, number: int | None) -> str:
    return f"every {what}" if number is None else f"{what} {number}"


def _named(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    return zip(tokens, token_labels(tokens), strict=True)


def _candidates(step: Step) -> str:
    given = "given, not chosen  " if step.forced else ""
    shown = [one for one in step.top if one.id == step.id or one.probability >= _LEAST_PROBABILITY]
    return given + "  ".join(f"{piece_label(one.id, one.piece)} {one.probability:.2f}" for one in shown)
