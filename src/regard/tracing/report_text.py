"""What a report says without any script: what was translated, how, whether the checks hold, and tables of weights.

Everything that came from a model or a person is escaped, and nothing carries an inline style, which the page's policy
would refuse.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import numpy as np
from jaxtyping import UInt8

from regard.attention.marks import legend, mark
from regard.tracing.four_panels import row_labels
from regard.tracing.grid import digits
from regard.tracing.header import Check, Header, Interventions, Request, key_of
from regard.tracing.labels import decoder_labels, token_labels
from regard.tracing.legible import legible
from regard.tracing.trace import FAMILIES, HeadTrace, Trace

LONGEST: Final = 24
LONG_TEXT: Final = 120
"""Characters of a sentence from which on it is no headline."""
NAMES: Final = {
    "encoder.self": "Encoder self-attention",
    "decoder.self": "Decoder self-attention",
    "decoder.cross": "Cross-attention",
}


def heading_html(header: Header) -> str:
    """The sentence and its translation, each in its language."""
    source, target = header.model.source_language, header.model.target_language
    size = ' class="long"' if len(header.request.text) > LONG_TEXT else ""
    return (
        f'<h1{size}><span lang="{escape(source)}"><bdi>{_text(header.request.text)}</bdi></span>'
        '<span class="arrow" aria-label="translated as">→</span>'
        f'<span lang="{escape(target)}"><bdi>{_text(header.translation.text)}</bdi></span></h1>'
    )


def facts_html(header: Header) -> str:
    """How it was made, and the checks."""
    facts = " · ".join(_text(fact) for fact in _facts(header))
    return f'<p class="facts">{facts}</p>\n{_checks(header.checks)}'


def _facts(header: Header) -> list[str]:
    model, request = header.model, header.request
    facts = [
        f"model {model.name}",
        model.shape,
        _search(request),
        f"computed in {model.dtype}, recorded in float32",
    ]
    if request.pad_source_to is not None:
        facts.append(f"source padded to {request.pad_source_to} tokens")
    if request.prefix is not None:
        facts.append(f"begun with “{request.prefix}”")
    return [*facts, *_changes(request.interventions)]


def _search(request: Request) -> str:
    names = {"greedy": "greedy search", "beam": f"beam search, beam size {request.beam_size}"}
    return names.get(request.decoding, "the translation was given")


def _changes(changes: Interventions) -> Iterable[str]:
    for head in changes.without_heads:
        names = (head.attention, head.layer, head.head)
        yield f"without head {' '.join('any' if name is None else str(name) for name in names)}"
    if changes.without_cells:
        yield f"{len(changes.without_cells)} cells switched off"
    for reason in changes.without_masks:
        yield f"without the {reason.replace('_', ' ')} mask"
    if not changes.positions:
        yield "without positions"


def _checks(checks: Sequence[Check]) -> str:
    failed = [check for check in checks if not check.holds]
    if not checks:
        return ""
    said = f"{len(failed)} of {len(checks)} checks failed" if failed else f"All {len(checks)} checks hold"
    state = ' class="failed"' if failed else ""
    rows = "".join(map(_check_row, checks))
    return (
        f"<details{' open' if failed else ''}><summary{state}>{said}</summary>"
        '<div class="scrolling" tabindex="0" role="region" aria-label="Checks"><table class="checks"><thead><tr>'
        '<th scope="col">check</th><th scope="col">measured</th><th scope="col">tolerance</th>'
        f'<th scope="col">holds</th></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _check_row(check: Check) -> str:
    measured = "not finite" if check.measured is None else f"{check.measured:.2g}"
    holds = "yes" if check.holds else f"no{f': {check.where}' if check.where else ''}"
    cells = (measured, f"{check.tolerance:.2g}", holds)
    return f'<tr><th scope="row">{_text(check.what)}</th>{"".join(f"<td>{_text(cell)}</td>" for cell in cells)}</tr>'


def tables_html(trace: Trace) -> str:
    """For readers without scripts: how each token was chosen, and the clearest head of each kind of attention."""
    heads = [found for family in FAMILIES if (found := clearest_head(trace, family)) is not None]
    tables = "\n".join(_head_table(head) for head in heads)
    note = (
        "<p>Where scripts run, this page shows every layer and head, with all four steps. Below is, of each kind of "
        "attention, the head whose queries are most certain where to look.</p>"
    )
    return f'<section class="plain">\n{note}\n{_steps(trace)}\n{tables}\n</section>'


def clearest_head(trace: Trace, family: str) -> HeadTrace | None:
    """The head whose rows have the largest maxima on average; None where there are none."""
    found = [
        (float(np.mean(trace[family, layer, head].weights.max(-1))), -layer, -head)
        for layer in trace.layers(family)
        for head in range(trace.header.attention(key_of(family, layer)).num_heads)
        if trace[family, layer, head].weights.size
    ]
    if not found:
        return None
    _, layer, head = max(found)
    return trace[family, -layer, -head]


def _steps(trace: Trace) -> str:
    names = decoder_labels(trace.tokens.target_in, trace.tokens.target_out)
    language = escape(trace.header.model.target_language)
    rows = "".join(
        f'<tr><th scope="row" lang="{language}">{_text(name)}</th><td>{digits(step.probability)}</td></tr>'
        for name, step in zip(names, trace.steps, strict=True)
    )
    head = '<tr><th scope="col">row</th><th scope="col">probability</th></tr>'
    return _table("How each token was chosen.", head, rows)


def _head_table(head: HeadTrace) -> str:
    facts = head.attention
    rows, columns = row_labels(head), token_labels(head.key_tokens)
    caption = (
        f"③ Weights. {NAMES[facts.attention]}, layer {facts.layer}, head {head.head}. Rows are queries, columns are "
        f"keys. {_window_note(head)}{_legend_note(head.codes)}"
    )
    names = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns[:LONGEST])
    body = "".join(_row(head, row, name) for row, name in enumerate(rows[:LONGEST]))
    return _table(caption, f'<tr><th scope="col">query ↓ key →</th>{names}</tr>', body)


def _table(caption: str, head: str, body: str) -> str:
    return (
        f'<div class="scrolling" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="numbers">'
        f"<caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


def _window_note(head: HeadTrace) -> str:
    rows, columns = head.weights.shape
    return f"The first {LONGEST} of {rows} and {columns}. " if max(rows, columns) > LONGEST else ""


def _legend_note(codes: UInt8[np.ndarray, "query key"]) -> str:
    return legend(map(int, np.unique(codes)))


def _row(head: HeadTrace, row: int, name: str) -> str:
    cells = "".join(_cell(head, row, column) for column in range(min(LONGEST, head.weights.shape[1])))
    return f'<tr><th scope="row">{_text(name)}</th>{cells}</tr>'


def _cell(head: HeadTrace, row: int, column: int) -> str:
    code, weight = int(head.codes[row, column]), float(head.weights[row, column])
    if code:
        return f'<td class="hatched">{mark(code)}</td>'
    number = digits(weight)
    return f"<td>{f'<strong>{number}</strong>' if weight == head.weights[row].max() else number}</td>"


def _text(text: str) -> str:
    return escape(legible(text))
