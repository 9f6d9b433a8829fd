"""Tensors to a safetensors file and back, in one pass, without a second copy in memory.

The format is written and read here, not through its library, because a save must see the system's own error (a full
disk is no bug), and a load must hash the very bytes it turns into tensors.
"""

import hashlib
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from regard.bundle.header import DTYPES, HeaderError, make_header, read_header


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Writes tensors; those that several names share are written once. Returns the other names: ``{alias: name}``.

    Raises:
        OSError: as the system says it.
        ValueError: a tensor's type has no name in the format.
    """
    aliases = _aliases(tensors)
    unique = {name: tensors[name] for name in sorted(tensors) if name not in aliases}
    wrong = [name for name, tensor in unique.items() if tensor.dtype not in DTYPES.values()]
    if wrong:
        raise ValueError(f"tensor {wrong[0]!r} is {tensors[wrong[0]].dtype}, which a model file cannot hold")
    with path.open("wb") as file:
        file.write(make_header(unique))
        for tensor in unique.values():
            file.write(_bytes_of(tensor.detach().cpu().contiguous()))
    return aliases


def read_tensors(path: Path, *, sha256: str) -> dict[str, Tensor]:
    """Reads every tensor of a file whose contents have the given hash.

    Raises:
        HeaderError: the header does not describe the file, or the contents have another hash.
        OSError: as the system says it.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        header = read_header(file, size)
        file.seek(0)
        digest = hashlib.sha256(file.read(header.data_start))
        tensors = {}
        for name, fact in header.tensors.items():
            tensors[name] = torch.empty(fact.shape, dtype=fact.dtype)
            _fill(tensors[name], file)
            digest.update(_bytes_of(tensors[name]))
    if digest.hexdigest() != sha256:
        raise HeaderError("has changed since it was checked")
    return tensors


def _aliases(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Names of tensors that another name, first in the alphabet, already stands for."""
    first: dict[Any, str] = {}
    aliases = {}
    for name in sorted(tensors):
        tensor = tensors[name]
        place = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
        kept = first.setdefault(place, name) if tensor.numel() else name
        if kept != name:
            aliases[name] = kept
    return aliases


def _bytes_of(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU."""
    if not tensor.numel():  # has no stride to be looked at in bytes
        return memoryview(b"")
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _fill(tensor: Tensor, file: BufferedReader) -> None:
    rest = _bytes_of(tensor)
    while rest:
        count = file.readinto(rest)
        if not count:
            raise HeaderError("ends too early")
        rest = rest[count:]
