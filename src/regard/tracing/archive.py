"""``*.trace.zip``: a trace as one file, ``trace.json`` and ``tensors.npz``.

Written so that NumPy alone can read it; read as if an enemy had written it. Nothing is unpickled, and nothing is
unpacked that is larger than the header allows: names and sizes of all tensors follow from ``trace.json``, and no array
is made before its member states exactly that size.
"""

import io
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from regard.disk import file_aside
from regard.errors import TraceError
from regard.tracing.header import SCHEMA, Header
from regard.tracing.trace import Trace
from regard.version import __version__

JSON: Final = "trace.json"
TENSORS: Final = "tensors.npz"
MOST_JSON_BYTES: Final = 64 << 20
MOST_TENSOR_BYTES: Final = 2 << 30
_MOST_NPY_HEADER: Final = 4096
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)  # the only date, so that equal traces are equal files
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what is damaged elsewise fails in ways of its own
_AGAIN: Final = "make it again with `regard explain … --save`, or copy it again"


def write_archive(path: Path, trace: Trace) -> None:
    """Writes a trace so that a reader finds the old file or the new one, never a part.

    Raises:
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written.
    """
    with file_aside(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as outer:
        outer.writestr(_entry(JSON, zipfile.ZIP_DEFLATED), header_json(trace.header))
        _write_tensors(outer, trace)


def header_json(header: Header) -> str:
    """``trace.json``: without NaN or infinity, readable by every JSON parser."""
    return header.model_dump_json(indent=1, ensure_ascii=False) + "\n"


def read_archive(path: Path) -> Trace:
    """Reads what ``write_archive`` wrote.

    Raises:
        TraceError: the file is missing, damaged, too large, of another schema, or no trace at all.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise TraceError(f"{path} cannot be read: {error.strerror or error}; name a file that `--save` wrote") from None
    except _DamageError as damage:
        raise TraceError(f"{path} {damage}") from None


class _DamageError(Exception):
    """What is wrong with a file; the sentence begins after its name."""


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _OLDEST)
    entry.compress_type = compression
    return entry


def _write_tensors(outer: zipfile.ZipFile, trace: Trace) -> None:
    # Stored, because what is inside is compressed already.
    with (
        outer.open(_entry(TENSORS, zipfile.ZIP_STORED), "w", force_zip64=True) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as inner,
    ):
        for name, tensor in trace.tensors.items():
            with inner.open(_entry(f"{name}.npy", zipfile.ZIP_DEFLATED), "w", force_zip64=True) as member:
                npy.write_array(member, np.ascontiguousarray(tensor), version=(1, 0), allow_pickle=False)


def _read(file: IO[bytes]) -> Trace:
    outer = _open_zip(file, "is not a trace: it is no zip file")
    _check_names(outer, {JSON, TENSORS})
    header = _header(_bytes_of(outer, JSON, MOST_JSON_BYTES))
    shapes = header.shapes()
    # Sizes are sums of products of the header's numbers; Python's integers do not overflow.
    total = sum(_num_bytes(name, shape) for name, shape in shapes.items())
    if total > MOST_TENSOR_BYTES:
        raise _DamageError(f"says it holds {total:,} bytes of tensors, but at most {MOST_TENSOR_BYTES:,} are read")
    inner = _inner(outer)
    _check_names(inner, {f"{name}.npy" for name in shapes})
    return Trace(header, {name: _tensor(inner, name, shape) for name, shape in shapes.items()})


def _inner(outer: zipfile.ZipFile) -> zipfile.ZipFile:
    if outer.getinfo(TENSORS).compress_type != zipfile.ZIP_STORED:  # so that it cannot be larger than the file
        raise _DamageError(f"is damaged: {TENSORS} must be stored, not compressed; {_AGAIN}")
    data = _bytes_of(outer, TENSORS, MOST_TENSOR_BYTES)
    return _open_zip(io.BytesIO(data), f"is damaged: its {TENSORS} is no zip file; {_AGAIN}")


def _open_zip(file: IO[bytes] | io.BytesIO, otherwise: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_UNREADABLE, OverflowError):
        raise _DamageError(otherwise) from None


def _check_names(archive: zipfile.ZipFile, wanted: set[str]) -> None:
    names = archive.namelist()
    surprising = sorted(set(names) ^ wanted) or [name for name in names if names.count(name) > 1]
    if surprising:
        verb = "holds" if surprising[0] in names else "lacks"
        raise _DamageError(f"is no trace, or damaged: it {verb} {surprising[0]!r:.80}; {_AGAIN}")


def _bytes_of(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """All of a member, which is never unpacked further than ``most`` bytes, whatever size it states."""
    if archive.getinfo(name).compress_type not in _PACKINGS:
        raise _DamageError(f"is no trace, or damaged: {name} is neither stored nor deflated; {_AGAIN}")
    if archive.getinfo(name).file_size > most:
        raise _DamageError(f"is too large: {name} has more than {most:,} bytes")
    try:
        with archive.open(name) as member:
            found = member.read(most + 1)
    except _UNREADABLE as error:
        raise _DamageError(f"is damaged: {name} cannot be unpacked ({error}); {_AGAIN}") from None
    if len(found) > most:
        raise _DamageError(f"is too large: {name} has more than {most:,} bytes")
    return found


def _header(text: bytes) -> Header:
    _check_schema(text)
    try:
        return Header.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _DamageError(f"is damaged: {JSON} is wrong at {place!r:.80}: {first['msg']:.200}; {_AGAIN}") from None


class _AnyTrace(BaseModel):
    """The part of a header that every version has."""

    model_config = ConfigDict(extra="ignore", strict=True)

    schema_name: str = Field(alias="schema")
    made_by: str = ""


def _check_schema(text: bytes) -> None:
    try:
        found = _AnyTrace.model_validate_json(text)
    except ValidationError:
        raise _DamageError(f"is not a trace: {JSON} states no schema; {_AGAIN}") from None
    if found.schema_name != SCHEMA:
        raise _DamageError(
            f"has the schema {found.schema_name!r:.40}, but this Regard {__version__} reads {SCHEMA!r}; "
            f"read it with the Regard that made it ({found.made_by!r:.40}), or make it again"
        )


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(np.uint8) if name.startswith("masks/") else np.dtype("<f4")


def _num_bytes(name: str, shape: tuple[int, ...]) -> int:
    return math.prod(shape) * _dtype(name).itemsize


def _tensor(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """One array, after its member has stated exactly the size, type and shape that the header gives it."""
    expected = _num_bytes(name, shape)
    if not 0 < archive.getinfo(f"{name}.npy").file_size - expected <= _MOST_NPY_HEADER:
        raise _DamageError(f"is damaged: {name} has not the size its {JSON} gives it; {_AGAIN}")
    data = _bytes_of(archive, f"{name}.npy", expected + _MOST_NPY_HEADER)
    stream = io.BytesIO(data)
    try:
        stated, is_fortran, dtype = _npy_header(stream)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise _DamageError(f"is damaged: {name} is no array of NumPy ({error!s:.80}); {_AGAIN}") from None
    if stated != shape or is_fortran or dtype != _dtype(name) or len(data) - stream.tell() != expected:
        raise _DamageError(f"is damaged: {name} must be {_dtype(name)} of shape {shape}, but differs; {_AGAIN}")
    return np.frombuffer(data, dtype=dtype, offset=stream.tell()).reshape(shape)


def _npy_header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("its version is not 1.0")
    return npy.read_array_header_1_0(stream, max_header_size=_MOST_NPY_HEADER)
