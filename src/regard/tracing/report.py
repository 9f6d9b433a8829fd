"""A trace as one HTML file that needs nothing else: no server, no network, and not even scripts to be read.

The pictures are the modules of ``regard.picture``, put into the page as one script. The trace lies beside them as text
that is never executed. A content security policy allows exactly this script and this style, by their hashes, and
nothing from anywhere else.
"""

import base64
import hashlib
import html
from pathlib import Path
from typing import Final

from regard.disk import file_aside
from regard.errors import TraceError
from regard.picture import STYLE, read_file
from regard.tracing.inline import one_script
from regard.tracing.legible import legible
from regard.tracing.report_data import data_blocks, num_data_bytes
from regard.tracing.report_text import facts_html, heading_html, tables_html
from regard.tracing.trace import Trace

ENTRY: Final = "report.js"
MOST_BYTES: Final = 64 << 20
"""Browsers open larger pages slowly or not at all."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Regard">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div class="page">
<header>
{heading}
{facts}
</header>
<main id="regard" class="explorer">
{tables}
</main>
</div>
{data}
<script type="module">{script}</script>
</body>
</html>
"""


def write_report(path: Path, trace: Trace, *, most_bytes: int = MOST_BYTES) -> int:
    """Writes the page, whole or not at all, over what stood there before; returns its size in bytes.

    Raises:
        TraceError: the page would be larger than ``most_bytes``.
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written.
    """
    page = report(trace, most_bytes=most_bytes).encode()
    with file_aside(path) as file:
        file.write(page)
    return len(page)


def report(trace: Trace, *, most_bytes: int = MOST_BYTES) -> str:
    """The page as text.

    Raises:
        TraceError: it would be larger than ``most_bytes``.
    """
    _check_size(trace, most_bytes)
    style, script = read_file(STYLE), one_script(ENTRY, read_file)
    return _PAGE.format(
        policy=_policy(style, script),
        title=html.escape(legible(f"{trace.header.request.text[:80]} · Regard")),
        style=style,
        heading=heading_html(trace.header),
        facts=facts_html(trace.header),
        tables=tables_html(trace),
        data="\n".join(data_blocks(trace)),
        script=script,
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src 'sha256-{_sha256(script)}'; style-src 'sha256-{_sha256(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _check_size(trace: Trace, most_bytes: int) -> None:
    size = num_data_bytes(trace)
    if size > most_bytes:
        raise TraceError(
            f"the report would have {size / 1e6:,.0f} MB, but at most {most_bytes / 1e6:,.0f} MB are written, since "
            "browsers open no larger pages; record fewer layers, or a shorter sentence"
        )
