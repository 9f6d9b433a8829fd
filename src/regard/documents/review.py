"""The list for whoever reviews: what is least sure comes first."""

import csv
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from regard.documents.fill import Row
from regard.documents.outcome import Outcome
from regard.errors import InputError

_COLUMNS: Final = ("confidence", "how", "line", "context", "source", "translation", "note")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_STYLE: Final = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}tr.flagged{background:#fff0e6}th{background:#f2f2f2}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}td,th{border-color:#555}"
    "th{background:#262626}tr.flagged{background:#4a2a12}}"
)


def sorted_for_review(rows: Sequence[Row]) -> list[Row]:
    """Flagged ones first, then the least sure ones; those that need no look last."""
    return sorted(rows, key=lambda row: (row.outcome is not Outcome.FLAGGED, row.confidence, row.line))


def review_form(path: Path) -> str:
    """How a review list of this name is written: "csv" or "html".

    Raises:
        InputError: the name ends otherwise.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in ("csv", "html"):
        raise InputError(f"{path}: a review list is written as .csv or .html; give it one of these endings")
    return form


def write_review(rows: Sequence[Row], path: Path, *, title: str) -> str:
    """The list as text, in the form that the ending of ``path`` says.

    Args:
        rows: what happened to each unit.
        path: what the list will be called.
        title: what it is about.

    Raises:
        InputError: the name ends neither in .csv nor in .html.
    """
    ordered = sorted_for_review(rows)
    return _as_html(ordered, title) if review_form(path) == "html" else _as_csv(ordered)


def _cells(row: Row) -> tuple[str, ...]:
    return (f"{row.confidence:.3f}", row.outcome.value, str(row.line), row.context, row.source, row.target, row.note)


def _as_csv(rows: Sequence[Row]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    # A spreadsheet would compute a cell that begins like a formula.
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in _cells(row)] for row in rows)
    return file.getvalue()


def _as_html(rows: Sequence[Row], title: str) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    body = "\n".join(map(_html_row, rows))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></body></html>\n"
    )


def _html_row(row: Row) -> str:
    first, *others = _cells(row)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in others)
    flagged = ' class="flagged"' if row.outcome is Outcome.FLAGGED else ""
    return f'<tr{flagged}><td class="number">{first}</td>{cells}</tr>'
