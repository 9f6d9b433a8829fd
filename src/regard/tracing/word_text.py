"""The weights and the output of a head by word, as text."""

from collections.abc import Iterator

from regard.tracing.by_word import Word, words_by_word
from regard.tracing.grid import Grid, Totals, largest
from regard.tracing.mask_grid import MaskGrid
from regard.tracing.panels import ROWS_AND_COLUMNS, head_title
from regard.tracing.selection import Selection
from regard.tracing.table_text import Paint, plain
from regard.tracing.trace import HeadTrace, Trace
from regard.tracing.wrapping import heading, prose


def word_lines(trace: Trace, selection: Selection, *, width: int = 80, paint: Paint = plain) -> Iterator[str]:
    """What each word gives to each other, for the selected heads.

    Raises:
        TraceError: what is selected is not in the trace.
    """
    for head in selection.heads(trace):
        yield ""
        yield from heading(head_title(head), width=width, paint=paint)
        yield from prose(ROWS_AND_COLUMNS, width=width)
        yield from _tables(head, selection.top, width=width, paint=paint)


def _tables(head: HeadTrace, top: int | None, *, width: int, paint: Paint) -> Iterator[str]:
    words = words_by_word(head)
    keys = tuple(word.name for word in words.keys)
    queries = tuple(map(_query_name if head.attention.query_tokens == "target_in" else _word_name, words.queries))
    weights = Grid(
        queries, keys, words.weights, "weights", codes=words.codes, totals=Totals("sum", words.weights.sum(axis=-1))
    )
    adds = Grid(
        queries, keys, words.contributions, "weights", codes=words.codes, extent=largest(words.contributions) or 1.0
    )
    yield from prose(words.rule, width=width)
    yield ""
    yield from heading("③ Weights by word", width=width, paint=paint)
    yield from weights.lines(width=width, paint=paint, top=top)
    yield from prose(MaskGrid(queries, keys, words.codes).legend, width=width)
    yield ""
    yield from heading("④ Output by word: what each key adds, weight × ‖value‖", width=width, paint=paint)
    yield from adds.lines(width=width, paint=paint, top=top)


def _word_name(word: Word) -> str:
    return word.name


def _query_name(word: Word) -> str:
    """A decoder row has read its word already, and is about to write the next one."""
    return f"after {word.name}" if word.name.startswith("⟨") else f'after "{word.name}"'
