"""The header of a safetensors file: which tensor lies where. Checked to the last byte before anything is read.

The format: eight bytes, the length of the header (little-endian); the header, a JSON object of
``name: {dtype, shape, data_offsets}``; the tensors, one after another without a gap, to the end of the file.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NoReturn

import torch

MAX_HEADER_BYTES: Final = 4 << 20
_MAX_DIMENSIONS: Final = 8
_MAX_SIZE: Final = 1 << 48

DTYPES: Final = MappingProxyType(
    {
        "F64": torch.float64,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
        "I64": torch.int64,
        "I32": torch.int32,
        "I16": torch.int16,
        "I8": torch.int8,
        "U8": torch.uint8,
        "BOOL": torch.bool,
    }
)
"""The tensor types a file may hold, by the format's names."""


class HeaderError(ValueError):
    """A header that does not describe its file; the message completes "the file …"."""


@dataclass(frozen=True, slots=True)
class TensorFact:
    """One tensor of a file; ``begin`` and ``end`` are bytes, counted from the first tensor's."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def num_bytes(self) -> int:
        """How many bytes the shape needs."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Header:
    """All tensors of a file in the order they lie in it, and the byte at which the first begins."""

    tensors: Mapping[str, TensorFact]
    data_start: int


def read_header(file: BinaryIO, num_bytes: int) -> Header:
    """Reads the header of a file of ``num_bytes``, from its beginning.

    Raises:
        HeaderError: it does not describe the file exactly.
    """
    length = int.from_bytes(file.read(8), "little")
    if num_bytes < 8 or length > min(MAX_HEADER_BYTES, num_bytes - 8):
        raise HeaderError("does not begin like a safetensors file")
    entries = _parsed(file.read(length))
    entries.pop("__metadata__", None)
    tensors = {name: _tensor(name, entry) for name, entry in entries.items()}
    ordered = dict(sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)))
    _check_coverage(ordered, num_bytes - 8 - length)
    return Header(MappingProxyType(ordered), 8 + length)


def make_header(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """The header of a file that holds these tensors in this order, padded so that they begin at a multiple of 8."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    entries, begin = {}, 0
    for name, tensor in tensors.items():
        end = begin + tensor.numel() * tensor.dtype.itemsize
        entries[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text.decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise HeaderError("has a header that is not JSON") from None
    if not isinstance(entries, dict):
        raise HeaderError("has a header that is not a JSON object")
    return entries


def _without_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    if len(dict(listed)) < len(listed):
        raise ValueError("a name stands twice")
    return dict(listed)


def _tensor(name: str, entry: Any) -> TensorFact:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        _refuse(name, "is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        _refuse(name, f"is of an unknown type {dtype!r:.40}")
    if not _are_sizes(shape) or len(shape) > _MAX_DIMENSIONS or not _has_strides(shape):
        _refuse(name, "has an impossible shape")
    if not _are_sizes(offsets) or len(offsets) != 2:
        _refuse(name, "has an impossible place")
    fact = TensorFact(DTYPES[dtype], tuple(shape), *offsets)
    if fact.end - fact.begin != fact.num_bytes:
        _refuse(name, f"needs {fact.num_bytes} bytes for its shape {fact.shape}, but has {fact.end - fact.begin}")
    return fact


def _are_sizes(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and 0 <= number < _MAX_SIZE for number in numbers)


def _has_strides(shape: list[int]) -> bool:
    """Whether steps through a tensor can be counted, which an empty one has too."""
    return math.prod(max(1, size) for size in shape) < _MAX_SIZE


def _check_coverage(ordered: Mapping[str, TensorFact], num_bytes: int) -> None:
    reached = 0
    for name, fact in ordered.items():
        if fact.begin != reached:
            _refuse(name, f"begins at byte {fact.begin}, where {reached} is expected")
        reached = fact.end
    if reached != num_bytes:
        raise HeaderError(f"holds {num_bytes} bytes of tensors, where its header describes {reached}")


def _refuse(name: str, what: str) -> NoReturn:
    raise HeaderError(f"is damaged: tensor {name!r:.80} {what}")
