"""Opens a file of text as bytes, plain or gzip, and says clearly why it cannot."""

import difflib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, cast

from regard.errors import CorpusError

STANDARD_INPUT: Final = Path("-")
_BUFFER_BYTES: Final = 1 << 20


@contextmanager
def open_bytes(path: Path) -> Iterator[io.BufferedIOBase]:
    """The contents of a file, unpacked if its name ends in ``.gz``; ``-`` is standard input.

    Raises:
        CorpusError: there is no such file, it is a folder or empty, it may not be read, or a ``.gz`` is cut or damaged.
    """
    with _readable(path), _opened(path) as file:
        yield file


def require_file(path: Path) -> None:
    """Refuses what is no file that can be read more than once.

    Raises:
        CorpusError: there is no such file, it is a folder, a pipe, or empty.
    """
    if path.is_dir():
        raise CorpusError(f"{path} is a folder; a file with one sentence per line is expected")
    if not path.exists():
        raise CorpusError(f"there is no file {path}{_similar(path)}")
    if not path.is_file():
        raise CorpusError(f"{path} is a pipe or a device and can be read only once; save it as a file first")
    if path.stat().st_size == 0:
        raise CorpusError(
            f"{path} is empty; a file with one sentence per line, or a catalogue or memory with some, is expected"
        )


def is_gzip(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.suffix.lower() == ".gz"


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedIOBase]:
    if path == STANDARD_INPUT:
        yield cast(io.BufferedIOBase, sys.stdin.buffer)
        return
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        if is_gzip(path):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield cast(io.BufferedIOBase, file)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the system says about a file into our own words."""
    if path != STANDARD_INPUT:
        require_file(path)
    try:
        yield
    except EOFError:
        raise CorpusError(
            f"{path} is cut short: its gzip data ends in the middle, in line {_whole_lines(path) + 1:,}; copy or "
            "download it again"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(
            f"{path} is not readable as gzip ({error}); copy it again, or drop .gz from its name if it is plain text"
        ) from None
    except PermissionError:
        raise CorpusError(f"{path} may not be read; change its permissions") from None


def _whole_lines(path: Path) -> int:
    """The lines of a cut file that are still whole."""
    count = 0
    with suppress(EOFError), gzip.open(path) as file:
        while block := file.read1(_BUFFER_BYTES):  # what is there, where read() would ask for more and fail
            count += block.count(b"\n")
    return count


def _similar(path: Path) -> str:
    """A hint at a file of nearly the same name."""
    names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {path.parent / close[0]}?" if close else "; check the path"
