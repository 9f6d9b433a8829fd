"""The translation as it came about: a block per word, with what was chosen, and where a head looked meanwhile."""

from collections.abc import Iterator
from itertools import groupby

from regard.tracing.labels import decoder_labels
from regard.tracing.legible import fitted, legible
from regard.tracing.panels import Panels, panels_of
from regard.tracing.selection import Selection
from regard.tracing.table_text import Paint, plain
from regard.tracing.trace import Trace
from regard.tracing.wrapping import heading, prose

_MOST_KEYS = 5


def follow_lines(trace: Trace, selection: Selection, *, width: int = 80, paint: Paint = plain) -> Iterator[str]:
    """A block per word of the translation, and one for its end.

    Raises:
        TraceError: what is selected is not in the trace, or is in the encoder, which does not follow the words.
    """
    chosen = Selection(selection.attention, selection.layers, selection.head, step=0, top=selection.top)
    chosen.family(trace)  # a step is asked for, so the encoder is refused
    tokens = trace.tokens.target_out
    for word, group in groupby(tokens, key=lambda token: (token.word, token.kind)):
        rows = [token.i for token in group]
        text = "".join(tokens[row].text for row in rows).strip()
        yield ""
        shown = f"“{legible(text)}”" if word[0] is not None and text else "The end"
        yield from heading(shown, width=width, paint=paint)
        for row in rows:
            yield from _row_lines(trace, selection, row, width=width, paint=paint)


def _row_lines(trace: Trace, selection: Selection, row: int, *, width: int, paint: Paint) -> Iterator[str]:
    step = trace.steps[row]
    label = decoder_labels(trace.tokens.target_in, trace.tokens.target_out)[row]
    time = "" if step.milliseconds is None else f", {step.milliseconds:.1f} ms"
    how = "given" if step.forced else f"probability {step.probability:.2f}"
    yield from prose(f"step {row}: {label}   {how}, entropy {step.entropy:.2f} nats{time}", width=width)
    for head in selection.heads(trace):
        yield f"  {head.attention.key}, head {head.head}"
        yield from _steps_of(panels_of(trace, head, [row]), selection.top or _MOST_KEYS, width=width, paint=paint)


def _steps_of(panels: Panels, top: int, *, width: int, paint: Paint) -> Iterator[str]:
    """The four steps of one row, a line each."""
    grids = (("① scores ", panels.score_grid), ("③ weights", panels.weight_grid), ("④ adds   ", panels.output_grid))
    lines = {name: grid.ranked(0, width=width - 14, paint=paint, top=top) for name, grid in grids}
    lines["② mask   "] = fitted(panels.mask_grid.ranges(0), width - 14).rstrip()
    yield from (f"    {name} {lines[name]}" for name in sorted(lines))
