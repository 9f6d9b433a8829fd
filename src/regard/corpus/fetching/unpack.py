"""Takes out of an archive exactly the files that were asked for, under the names they were asked for.

A name inside an archive is only ever compared, never used as a path; links and devices are refused, and sizes counted
while unpacking.
"""

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, cast, runtime_checkable

from regard.corpus.fetching.catalogue import RemoteFile
from regard.errors import CorpusError

_BLOCK_BYTES: Final = 1 << 20
_DAMAGE: Final = (
    EOFError,
    NotImplementedError,
    RuntimeError,  # an encrypted member
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@runtime_checkable
class Content(Protocol):
    """Bytes that can be read block by block."""

    def read(self, size: int, /) -> bytes:
        """At most so many more bytes; none at the end."""


def unpack(archive: Path, file: RemoteFile, folder: Path) -> list[Path]:
    """Writes the files that ``file.names`` asks for into ``folder``, and gives their paths.

    Raises:
        CorpusError: the archive is none of its kind or damaged, lacks a file, has something else in its place, or
            unpacks to more than ``file.most_bytes``.
    """
    left = file.most_bytes
    made = []
    with _readable(file):
        for inside, name in file.names.items():
            with _opened(archive, file, inside) as content:
                left -= _copy(content, folder / name, limit=left, file=file)
            made.append(folder / name)
    return made


@contextmanager
def _opened(archive: Path, file: RemoteFile, inside: str) -> Iterator[Content]:
    match file.packing:
        case "none":
            with archive.open("rb") as plain:
                yield plain
        case "gzip":
            with gzip.open(archive) as unpacked:
                yield unpacked
        case "zip":
            with zipfile.ZipFile(archive) as bundle, bundle.open(_zip_member(bundle, inside, file)) as member:
                yield member
        case "tar":
            with tarfile.open(archive) as tape, _tar_member(tape, inside, file) as member:
                yield member


def _zip_member(bundle: zipfile.ZipFile, inside: str, file: RemoteFile) -> zipfile.ZipInfo:
    found = [info for info in bundle.infolist() if info.filename == inside]
    _require_one(len(found), inside, file, bundle.namelist())
    kind = found[0].external_attr >> 28
    if found[0].is_dir() or kind not in (0, 8):  # the type bits of a Unix mode: none given, or a regular file
        raise CorpusError(_no_file(inside, file))
    return found[0]


def _tar_member(tape: tarfile.TarFile, inside: str, file: RemoteFile) -> io.BufferedReader:
    members = _tar_members(tape, file)
    found = [info for info in members if info.name == inside]
    _require_one(len(found), inside, file, [info.name for info in members])
    content = tape.extractfile(found[0]) if found[0].isreg() else None
    if content is None:
        raise CorpusError(_no_file(inside, file))
    return cast(io.BufferedReader, content)


def _tar_members(tape: tarfile.TarFile, file: RemoteFile) -> list[tarfile.TarInfo]:
    """The table of a tape, which can only be read by unpacking all of it: so its size is counted on the way."""
    size, members = 0, []
    for info in tape:
        size += info.size + tarfile.BLOCKSIZE
        if size > file.most_bytes:
            raise CorpusError(_too_large(file))
        members.append(info)
    return members


def _require_one(count: int, inside: str, file: RemoteFile, names: list[str]) -> None:
    if count != 1:
        shown = ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
        raise CorpusError(
            f"{file.name}: {inside!r} should be in it once, but is there {count} times; it holds {shown or 'nothing'}"
        )


def _no_file(inside: str, file: RemoteFile) -> str:
    return f"{file.name}: {inside!r} in it is a link, a folder or a device; only a plain file is unpacked"


def _copy(content: Content, path: Path, *, limit: int, file: RemoteFile) -> int:
    size = 0
    with path.open("xb") as out:
        while block := content.read(_BLOCK_BYTES):
            size += len(block)
            if size > limit:
                raise CorpusError(_too_large(file))
            out.write(block)
    return size


def _too_large(file: RemoteFile) -> str:
    return (
        f"{file.name} unpacks to more than {file.most_bytes:,} bytes, which is more than it may (most_bytes in the "
        "catalogue)"
    )


@contextmanager
def _readable(file: RemoteFile) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise CorpusError(
            f"{file.name} cannot be unpacked as {file.packing}: {str(error) or type(error).__name__}"
        ) from None
