"""What a notebook shows of a trace, or of one head: HTML that is text and tables, and nothing else.

No script, no style sheet, no link, no image: it looks the same in a trusted notebook and in one that is not, on a code
host and on paper. Coloured cells bring their own ground and ink, everything else takes the notebook's, so it can be
read on light and on dark. It stays below a size that notebooks and code hosts show: where a table would be too large,
there is a list of the keys with the largest weights, and where even that is, the first rows of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from regard.attention.marks import legend, mark, words
from regard.tracing.colours import colour_of, css, ink_on
from regard.tracing.four_panels import CAUTION, Panel, panel_of, row_labels, title_of
from regard.tracing.grid import digits
from regard.tracing.labels import piece_label, token_labels
from regard.tracing.legible import display_width, fitted, legible
from regard.tracing.panels import ROWS_AND_COLUMNS
from regard.tracing.trace import FAMILIES

if TYPE_CHECKING:
    from regard.tracing.header import Step
    from regard.tracing.trace import HeadTrace, Trace

Values = NDArray[np.floating]

MOST_BYTES: Final = 100_000
LARGEST_TABLE: Final = 300
"""Cells of a table, at most."""

_ROWS: Final = (200, 60, 20, 5, 1)
_TOP: Final = 3
_WIDEST_NAME: Final = 24
_LONGEST_TEXT: Final = 400
_NUMBER: Final = "padding:0 .4em;text-align:right"
_TABLE: Final = '<table style="border-collapse:collapse;width:auto;margin:.3em 0">'


def trace_html(trace: "Trace") -> str:
    """A trace: sentence and translation, the checks, each step, how sharply each head looks, and one head."""
    return _fitting(lambda rows: _trace_parts(trace, rows))


def head_html(head: "HeadTrace") -> str:
    """One head: its four steps."""
    return _fitting(lambda rows: _head_parts(head, rows))


def _fitting(parts: Callable[[int], Iterable[str]]) -> str:
    """The parts with as many rows as the size allows."""
    shown = ""
    for rows in _ROWS:
        shown = f"<div>{''.join(parts(rows))}</div>"
        if len(shown.encode()) <= MOST_BYTES:
            break
    return shown


def _trace_parts(trace: "Trace", rows: int) -> Iterator[str]:
    source, target = trace.header.request.text, trace.translation.text
    yield f"<p><b>{_text(_cut(source))}</b> → <b>{_text(_cut(target))}</b></p>"
    yield f"<p>{_text(' · '.join(_facts(trace)))}</p>"
    yield _steps(trace, rows)
    yield _sharpness(trace)
    if trace.attentions:
        head = _first_shown(trace)
        yield f"<p><b>{_text(title_of(head))}</b></p>"
        yield _numbers(panel_of(head, "weights"), rows)
        yield _notes(head)
        yield '<p>Another head: <code>trace["decoder.cross", layer, head]</code>.</p>'


def _head_parts(head: "HeadTrace", rows: int) -> Iterator[str]:
    yield f"<p><b>{_text(title_of(head))}</b></p>"
    for name in ("scores", "mask", "weights"):
        panel = panel_of(head, name)
        yield f"<p>{panel.title}: {_text(panel.formula)}</p>"
        yield _numbers(panel, rows) if name != "mask" or _is_small(panel) else _reasons(panel)
    yield "<p>④ Output: weights · values; what each key adds, weight × ‖value‖</p>"
    yield _lists(head, head.weights * np.linalg.norm(head.values, axis=-1), rows)
    yield _notes(head)


def _first_shown(trace: "Trace") -> "HeadTrace":
    """The first head of the last layer that looks from one sentence at the other, or of the last layer there is."""
    crossing = [each for each in trace.attentions if each.attention == "decoder.cross"]
    facts = (crossing or list(trace.attentions))[-1]
    return trace[facts.attention, facts.layer, 0]


def _facts(trace: "Trace") -> Iterator[str]:
    model = trace.header.model
    yield f"model {legible(model.name)}"
    yield model.shape
    yield f"{trace.header.request.decoding}, computed in {model.dtype}"
    if not trace.header.request.interventions.is_none:
        yield "changed on request, so this is not what the model says by itself"
    if trace.failed:
        names = ", ".join(check.name for check in trace.failed)
        yield f"{len(trace.failed)} of {len(trace.checks)} checks FAILED: {names}"
    elif trace.checks:
        yield f"all {len(trace.checks)} checks hold"


def _steps(trace: "Trace", rows: int) -> str:
    """Each row of the decoder: what it followed, what it chose, how probable that was, and what else there was."""
    if not trace.steps:
        return ""
    labels = token_labels(trace.tokens.target_in)
    chosen = token_labels(trace.tokens.target_out)
    lines = [
        f"<tr>{_name_cell(labels[step.i])}{_name_cell(chosen[step.i])}{_coloured(step.probability)}"
        f"<td>{_text(_others(step))}</td></tr>"
        for step in trace.steps[:rows]
    ]
    header = "<tr><th>after</th><th>chosen</th><th>probability</th><th>other candidates</th></tr>"
    return f"{_TABLE}{header}{''.join(lines)}</table>{_left_out(len(trace.steps), rows, 'steps')}"


def _others(step: "Step") -> str:
    others = [each for each in step.top if each.id != step.id][:2]
    return " · ".join(f"{_short(piece_label(each.id, each.piece))} {digits(each.probability)}" for each in others)


def _sharpness(trace: "Trace") -> str:
    """A row per attention, a column per head: the mean over queries of the largest weight."""
    lines = []
    for family in FAMILIES:
        for each in (one for one in trace.attentions if one.attention == family):
            weights = trace.tensor(each, "weights")
            sharp = weights.max(axis=-1).mean(axis=-1) if weights.size else np.zeros(each.num_heads)
            cells = "".join(_coloured(float(value)) for value in sharp)
            lines.append(f"<tr>{_name_cell(each.key)}{cells}</tr>")
    if not lines:
        return ""
    most = max(each.num_heads for each in trace.attentions)
    numbers = "".join(f"<th>{head}</th>" for head in range(most))
    title = "<p>How sharply each head looks: the largest weight of a row, on average over rows.</p>"
    return f"{title}{_TABLE}<tr><th>head</th>{numbers}</tr>{''.join(lines)}</table>"


def _numbers(panel: Panel, rows: int) -> str:
    return _table(panel) if _is_small(panel) else _panel_lists(panel, rows)


def _is_small(panel: Panel) -> bool:
    return panel.values.size <= LARGEST_TABLE


def _table(panel: Panel) -> str:
    columns = "".join(_heading_cell(name) for name in panel.columns)
    lines = []
    for row, name in enumerate(panel.rows):
        cells = "".join(_cell(panel, row, column) for column in range(len(panel.columns)))
        lines.append(f"<tr>{_name_cell(name)}{cells}</tr>")
    return f"{_TABLE}<tr><th>query ↓ key →</th>{columns}</tr>{''.join(lines)}</table>"


def _cell(panel: Panel, row: int, column: int) -> str:
    code = int(panel.codes[row, column])
    if code:
        return f'<td style="{_NUMBER};opacity:.7" title="{escape(words(code))}">{mark(code)}</td>'
    value = float(panel.values[row, column])
    return f'<td style="{_NUMBER}">1</td>' if panel.name == "mask" else _coloured(value, panel)


def _coloured(value: float, panel: Panel | None = None) -> str:
    colour = colour_of(value, "weights") if panel is None else colour_of(value, panel.domain, panel.bound)
    return f'<td style="{_NUMBER};background:{css(colour)};color:{ink_on(colour)}">{digits(value)}</td>'


def _panel_lists(panel: Panel, rows: int) -> str:
    visible = np.where(panel.codes == 0, panel.values, -np.inf)
    return _listed(panel.rows, panel.columns, visible, rows)


def _lists(head: "HeadTrace", values: Values, rows: int) -> str:
    return _listed(row_labels(head), token_labels(head.key_tokens), np.where(head.codes == 0, values, -np.inf), rows)


def _listed(names: Sequence[str], keys: Sequence[str], values: Values, rows: int) -> str:
    """Per row the keys with the largest values."""
    lines = [
        f"<tr>{_name_cell(name)}<td>{_text(_largest(keys, row))}</td></tr>"
        for name, row in zip(names[:rows], values[:rows], strict=True)
    ]
    header = "<tr><th>query</th><th>keys, largest first</th></tr>"
    return f"{_TABLE}{header}{''.join(lines)}</table>{_left_out(len(names), rows, 'queries')}"


def _largest(keys: Sequence[str], row: Values) -> str:
    order = [key for key in np.argsort(-row, kind="stable")[:_TOP].tolist() if np.isfinite(row[key])]
    return " · ".join(f"{_short(keys[key])} {digits(float(row[key]))}" for key in order) or "sees nothing"


def _reasons(panel: Panel) -> str:
    """A mask in words, where it is too large for a table."""
    hidden = int((panel.codes != 0).sum())
    why = legend(map(int, np.unique(panel.codes))) or "nothing"
    return f"<p>{hidden} of {panel.codes.size} cells are hidden: {_text(why)}</p>"


def _notes(head: "HeadTrace") -> str:
    notes = [ROWS_AND_COLUMNS.rstrip("."), legend(map(int, np.unique(head.codes))), CAUTION]
    return f"<p><small>{_text(' · '.join(note for note in notes if note))}</small></p>"


def _left_out(number: int, rows: int, what: str) -> str:
    return f"<p>and {number - rows} more {what}</p>" if number > rows else ""


def _name_cell(name: str) -> str:
    return f'<th style="text-align:right;padding:0 .4em">{_text(_short(name))}</th>'


def _heading_cell(name: str) -> str:
    return f'<th style="padding:0 .4em">{_text(_short(name))}</th>'


def _short(name: str) -> str:
    return fitted(name, _WIDEST_NAME) if display_width(name) > _WIDEST_NAME else name


def _cut(text: str) -> str:
    shown = legible(text)
    return shown if len(shown) <= _LONGEST_TEXT else shown[: _LONGEST_TEXT - 1] + "…"


def _text(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"
