"""The files that ``regard explain`` writes, each by the room that knows its form."""

from typing import TYPE_CHECKING

import typer

from regard.cli.explain_request import Files, View
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.tracing import HeadTrace, Trace


def write_files(trace: "Trace", view: View, files: Files) -> None:
    """Writes what was asked for, and says so on standard error.

    Raises:
        InputError: a picture of several heads is asked for.
        DiskFullError: no space is left; what is complete stays.
        TraceError: the trace is too large for a report, or what is asked for is not in it.
    """
    if files.svg is not None:  # first: it may be refused, and then nothing is written
        from regard.tracing.svg import write_svg

        write_svg(files.svg, _only_head(trace, view))
    if files.save is not None:
        trace.save(files.save)
    if files.html is not None:
        from regard.tracing.report import write_report

        write_report(files.html, trace)
    if files.csv is not None:
        from regard.tracing.table import write_csv

        write_csv(files.csv, trace)
    for _, path in files.items():
        typer.echo(f"written: {path}", err=True)


def _only_head(trace: "Trace", view: View) -> "HeadTrace":
    heads = list(view.selection.heads(trace))
    if len(heads) > 1:
        raise InputError(
            f"--svg draws one head, but {len(heads)} are chosen; give --layer N and --head N (--html shows all of them)"
        )
    return heads[0]
