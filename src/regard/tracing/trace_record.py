"""A trace as one JSON object: its header, and the numbers of the selected heads."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.tracing.panels import query_labels
from regard.tracing.selection import Selection
from regard.tracing.trace import HeadTrace, Trace


def trace_record(trace: Trace, selection: Selection) -> dict[str, Any]:
    """``trace`` is the header as ``trace.json`` has it; ``heads`` the four steps of the selected heads, rows first.

    A number that is not finite is None. Mask codes are sums of ``regard.attention.Reason``, 0 = visible.

    Raises:
        TraceError: what is selected is not in the trace.
    """
    return {
        "trace": json.loads(trace.header.model_dump_json()),
        "heads": [_head_record(trace, head, selection) for head in selection.heads(trace)] if trace.attentions else [],
    }


def _head_record(trace: Trace, head: HeadTrace, selection: Selection) -> dict[str, Any]:
    rows = list(selection.rows(trace, head.attention.query_tokens))
    labels = query_labels(trace, head)
    return {
        "attention": head.attention.key,
        "head": head.head,
        "rows": rows,
        "queries": [labels[row] for row in rows],
        "scores": _numbers(head.scores[rows]),
        "codes": head.codes[rows].tolist(),
        "weights": _numbers(head.weights[rows]),
        "context": _numbers(head.context[rows]),
    }


def _numbers(table: NDArray[np.float32]) -> list[list[float | None]]:
    """Each number with as many digits as tell it from its neighbours in float32."""
    return [[float(str(number)) if np.isfinite(number) else None for number in row] for row in table]
