"""The numbers of a trace as blocks of text in a page: the header with thumbnails, and one block per head.

A block per head, because a page reads only the head that somebody looks at. Nothing in a block can end it or start
another: the header is escaped JSON, numbers are base64.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray

from regard.tracing.header import AXES, AttentionFacts
from regard.tracing.trace import Trace

THUMBNAIL: Final = 32
_ESCAPES: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def data_blocks(trace: Trace) -> Iterator[str]:
    """The elements that carry the trace, in the order in which they stand in the page."""
    yield f'<script type="application/json" id="regard-trace">{_header_block(trace)}</script>'
    for each in trace.attentions:
        for head in range(each.num_heads):
            yield f'<script type="text/plain" id="regard-{each.key}-{head}">{_head_block(trace, each, head)}</script>'


def num_data_bytes(trace: Trace) -> int:
    """About how many bytes the blocks have: four characters of base64 for three bytes."""
    return sum(tensor.nbytes for tensor in trace.tensors.values()) * 4 // 3


def escaped_json(value: object) -> str:
    """JSON that may stand inside a script element, and in a script."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def thumbnails(weights: Float[np.ndarray, "head query key"]) -> UInt8[np.ndarray, "head row column"]:
    """Small pictures of weights, 0 to 255. Each cell is the largest of those it stands for, so that none is lost."""
    pooled = _pooled(_pooled(weights, axis=1), axis=2)
    levels: NDArray[np.uint8] = np.rint(np.clip(pooled, 0, 1) * 255).astype(np.uint8)
    return levels


def _pooled(values: NDArray[Any], *, axis: int) -> NDArray[Any]:
    count = values.shape[axis]
    if count <= THUMBNAIL:
        return values
    starts = np.arange(THUMBNAIL) * count // THUMBNAIL
    pooled: NDArray[Any] = np.maximum.reduceat(values, starts, axis=axis)
    return pooled


def _header_block(trace: Trace) -> str:
    return escaped_json(
        {
            "header": trace.header.model_dump(mode="json"),
            "masks": {name: _base64(trace.tensors[f"masks/{name}"]) for name in trace.header.masks},
            "thumbnails": {each.key: _thumbnail(trace, each) for each in trace.attentions},
        }
    )


def _thumbnail(trace: Trace, attention: AttentionFacts) -> dict[str, object]:
    pictures = thumbnails(trace.tensor(attention, "weights"))
    return {"rows": pictures.shape[1], "columns": pictures.shape[2], "data": _base64(pictures)}


def _head_block(trace: Trace, attention: AttentionFacts, head: int) -> str:
    return _base64(*(trace.tensor(attention, name)[head].astype("<f4", copy=False) for name in AXES))


def _base64(*tensors: NDArray[Any]) -> str:
    return base64.b64encode(b"".join(tensor.tobytes() for tensor in tensors)).decode()
