"""A trace on its way to a person: recorded or read, written to files, and shown; its checks decide the exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from regard.cli.colour import terminal_paint, terminal_width
from regard.cli.explain_files import write_files
from regard.cli.explain_request import Files, View
from regard.cli.output import text_output
from regard.errors import CheckError

if TYPE_CHECKING:
    from regard.tracing.terminal import Effect
    from regard.tracing.trace import Trace


def explain_saved(path: Path, view: View, files: Files) -> None:
    """Shows a trace that was saved.

    Raises:
        TraceError: the file is no trace, or what is asked for is not in it.
        CheckError: a check of the trace failed.
    """
    from regard.tracing import Trace

    finish(Trace.load(path), view, files)


def finish(
    trace: "Trace", view: View, files: Files, *, ordinary: "Trace | None" = None, effect: "Effect | None" = None
) -> None:
    """Writes the files that were asked for, shows the rest, and says whether the checks hold.

    Args:
        trace: what is shown.
        view: what to show of it.
        files: where to write it.
        ordinary: the run without any change, to compare with; None if nothing was changed.
        effect: says what switching a head off changes.

    Raises:
        TraceError: what is asked for is not in the trace.
        CheckError: a check of the trace failed.
    """
    lines = list(_lines(trace, view, ordinary, effect))  # before anything is written: what is not there is refused
    write_files(trace, view, files)
    with text_output(None) as write:
        write("".join(f"{line}\n" for line in lines))
    if trace.failed:
        names = ", ".join(check.name for check in trace.failed)
        raise CheckError(f"{len(trace.failed)} of {len(trace.checks)} checks of this trace failed: {names}")


def _lines(trace: "Trace", view: View, ordinary: "Trace | None", effect: "Effect | None") -> Iterator[str]:
    if view.json:
        from regard.tracing.trace_record import trace_record

        yield json.dumps(trace_record(trace, view.selection), ensure_ascii=False, allow_nan=False)
        return
    from regard.tracing.terminal import heading_lines

    yield from heading_lines(trace, ordinary=ordinary, width=terminal_width(), paint=terminal_paint())
    if trace.attentions:
        yield from _shown(trace, view, effect)


def _shown(trace: "Trace", view: View, effect: "Effect | None") -> Iterator[str]:
    """What was asked for: one cell, step by step, by word, positions, or heads."""
    width, paint = terminal_width(), terminal_paint()
    from regard.tracing import terminal

    if view.cell is not None:
        return terminal.cell_lines(trace, view.selection, view.cell, width=width, paint=paint)
    if view.follow:
        return terminal.follow_lines(trace, view.selection, width=width, paint=paint)
    if view.by_word:
        return terminal.word_lines(trace, view.selection, width=width, paint=paint)
    if view.positions:
        return terminal.position_lines(trace, width=width, paint=paint)
    return terminal.run_lines(trace, view.selection, width=width, paint=paint, effect=effect or terminal.no_effect)
