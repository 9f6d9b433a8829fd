"""The files that ``regard explain`` writes, each by the room that knows its form."""

from typing import TYPE_CHECKING

import typer

from regard.cli.explain_request import Files

if TYPE_CHECKING:
    from regard.tracing import Trace


def write_files(trace: "Trace", files: Files) -> None:
    """Writes what was asked for, and says so on standard error.

    Raises:
        DiskFullError: no space is left; what is complete stays.
        TraceError: the trace is too large for a report, or what is asked for is not in it.
    """
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
