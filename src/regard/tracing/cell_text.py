"""One cell of a head as text: which row and column it is, and its arithmetic."""

from collections.abc import Iterator

from regard.errors import TraceError
from regard.tracing.cell import CellCard, cell_card
from regard.tracing.labels import quoted_labels
from regard.tracing.panels import head_title, query_labels
from regard.tracing.selection import Selection
from regard.tracing.table_text import Paint, plain
from regard.tracing.trace import HeadTrace, Trace
from regard.tracing.wrapping import heading, prose, wrapped


def cell_lines(
    trace: Trace, selection: Selection, cell: str, *, width: int = 80, paint: Paint = plain
) -> Iterator[str]:
    """The arithmetic of one cell in each of the selected heads.

    Args:
        trace: the run.
        selection: which heads.
        cell: query and key, texts or positions, with a comma between them.
        width: columns to fit.
        paint: colours.

    Raises:
        TraceError: there is no such token, or it stands in several places.
    """
    for head in selection.heads(trace):
        card = cell_of(head, cell)
        row = query_labels(trace, head)[card.query.i]
        column = quoted_labels(head.key_tokens)[card.key.i]
        yield ""
        yield from heading(head_title(head), width=width, paint=paint)
        yield from prose(f"query {card.query.i}: {row}", width=width)
        yield from prose(f"key {card.key.i}: {column}", width=width)
        yield from wrapped(card.sentence.split(" · "), " · ", width=width)
        if card.is_visible:
            yield from prose(card.contribution_sentence, width=width)


def cell_of(head: HeadTrace, cell: str) -> CellCard:
    """The card of a cell given as ``a,cat``; a token may be a comma itself.

    Raises:
        TraceError: it is not of this form, or there is no such token, or it stands in several places.
    """
    commas = [place for place, character in enumerate(cell) if character == ","]
    if not commas:
        raise TraceError(
            f"a cell is a query and a key with a comma between them, as in a,cat or 3,1; given is {cell!r:.80}"
        )
    refusals = []
    for place in commas:
        try:
            return cell_card(head, cell[:place], cell[place + 1 :])
        except TraceError as refusal:
            refusals.append(refusal)
    raise refusals[len(refusals) // 2]
