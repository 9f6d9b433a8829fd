"""Fetches one file over HTTP, goes on where an earlier attempt stopped, and lets only verified bytes through.

What has arrived lies in ``NAME.part`` until its sha256 is right; then it is renamed. A server that cannot go on in the
middle sends the file from its beginning again, which is noticed.
"""

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, final

from regard.corpus.fetching.catalogue import RemoteFile
from regard.corpus.fetching.disk import disk_errors
from regard.errors import CheckError, DownloadError
from regard.version import __version__

Tell = Callable[[str], None]
Wait = Callable[[float], None]

_WAITS_SECONDS: Final = (1.0, 3.0, 10.0)  # before each further attempt
_TIMEOUT_SECONDS: Final = 30.0
_TELL_EVERY_SECONDS: Final = 5.0
_BLOCK_BYTES: Final = 1 << 16
_PASSING_FAULTS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE: Final = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class _BrokenOffError(Exception):
    """The connection ended too early, or the server is busy; trying again may help."""


@final
class Downloader:
    """Fetches files into a folder, one after the other.

    Args:
        folder: where files and what has arrived of them are kept; made if it is not there.
        tell: is told what goes on.
        wait: waits some seconds before another attempt.
    """

    def __init__(self, folder: Path, *, tell: Tell, wait: Wait = time.sleep) -> None:
        self.folder = folder
        self._tell = tell
        self._wait = wait
        self._opener = _opener()

    def fetch(self, file: RemoteFile) -> Path:
        """The verified file; what earlier calls have fetched of it is not fetched again.

        Raises:
            DownloadError: it cannot be fetched; what has arrived is kept.
            CheckError: its sha256 is wrong; nothing of it is kept.
            DiskFullError: no space is left; what has arrived is kept.
            MachineError: the folder cannot be written.
        """
        with disk_errors(self.folder):  # what the network says has become something else by then
            self.folder.mkdir(parents=True, exist_ok=True)
            return self._verified(file, self.folder / f"{(file.sha256 or '')[:12]}-{file.name}")

    def _verified(self, file: RemoteFile, path: Path) -> Path:
        if path.is_file() and _digest(path) == file.sha256:
            return path
        part = path.with_name(f"{path.name}.part")
        continued = _size(part) > 0
        self._complete(file, part)
        if continued and _digest(part) != file.sha256:
            self._tell(f"{file.name}: the beginning fetched earlier does not fit; fetching the whole file again")
            part.unlink()
            self._complete(file, part)
        _require_digest(part, file)
        return part.replace(path)

    def _complete(self, file: RemoteFile, part: Path) -> None:
        """Fetches what is missing, in several attempts if the connection breaks off."""
        for seconds in (*_WAITS_SECONDS, None):
            try:
                self._attempt(file, part)
            except _BrokenOffError as fault:
                if seconds is None:
                    raise DownloadError(f"{file.url}: {fault}; {_kept(part)}") from None
                self._tell(f"{file.name}: {fault}; trying again in {seconds:g} s")
                self._wait(seconds)
            else:
                return

    def _attempt(self, file: RemoteFile, part: Path) -> None:
        have = _size(part)
        if have > file.limit:
            part.unlink()
            have = 0
        if have and have == file.num_bytes:
            return
        answer = self._answer(file, have)
        if answer is None:
            return
        with answer:
            begins = _first_byte(answer)
            if begins not in (0, have):
                part.unlink()
                raise _BrokenOffError("the server goes on at another byte than it was asked to")
            if have and not begins:
                self._tell(f"{file.name}: the server cannot go on in the middle; fetching the whole file again")
            self._receive(answer, file, part, begins)

    def _answer(self, file: RemoteFile, have: int) -> Any:
        """The server's answer, or None if it says that there is nothing behind what we have."""
        request = urllib.request.Request(file.url, headers=_headers(have))
        with _network(file):
            try:
                return self._opener.open(request, timeout=_TIMEOUT_SECONDS)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                    return None
                raise

    def _receive(self, answer: Any, file: RemoteFile, part: Path, begins: int) -> None:
        whole = _announced(answer, begins) or file.num_bytes
        _refuse_another_size(whole, file)
        size, told = begins, time.monotonic()
        with part.open("r+b" if begins else "wb") as out:
            out.seek(begins)
            while block := _read_block(answer):
                size += len(block)
                _refuse_larger(size, file)
                out.write(block)
                if time.monotonic() - told > _TELL_EVERY_SECONDS:
                    told = time.monotonic()
                    self._tell(f"{file.name}: {_of(size, whole)}")
        if whole is not None and size < whole:
            raise _BrokenOffError(f"the connection ended after {_of(size, whole)}")
        self._tell(f"{file.name}: {size:,} bytes")


def _opener() -> urllib.request.OpenerDirector:
    """Speaks HTTP and nothing else: no redirect may lead to a local file."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _headers(have: int) -> dict[str, str]:
    plain = {"User-Agent": f"regard/{__version__}", "Accept-Encoding": "identity"}
    return {**plain, "Range": f"bytes={have}-"} if have else plain


@contextmanager
def _network(file: RemoteFile) -> Iterator[None]:
    """Turns what the network library raises while connecting into our own words."""
    try:
        yield
    except urllib.error.HTTPError as error:
        if error.code in _PASSING_FAULTS:
            raise _BrokenOffError(f"the server answers {error.code} ({error.reason})") from None
        raise DownloadError(
            f"{file.url}: the server answers {error.code} ({error.reason}); the file may have moved, and a catalogue "
            "of your own can name its new place (--catalogue FILE)"
        ) from None
    except urllib.error.URLError as error:
        raise DownloadError(
            f"{file.url} cannot be reached ({error.reason}); is there a network here? What has been fetched is kept "
            "for another try"
        ) from None
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenOffError(_said(error)) from None


def _read_block(answer: Any) -> bytes:
    try:
        block: bytes = answer.read(_BLOCK_BYTES)
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenOffError(f"the connection broke ({_said(error)})") from None
    return block


def _first_byte(answer: Any) -> int:
    """Which byte of the file the answer begins with."""
    if answer.status != http.client.PARTIAL_CONTENT:
        return 0
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    return int(found[1]) if found and found[1] else -1


def _announced(answer: Any, begins: int) -> int | None:
    """How large the whole file is, as the server says."""
    length = answer.headers.get("Content-Length", "")
    return begins + int(length) if length.isdecimal() else None


def _refuse_another_size(announced: int | None, file: RemoteFile) -> None:
    if announced is not None and file.num_bytes is not None and announced != file.num_bytes:
        raise DownloadError(
            f"{file.url}: the server offers {announced:,} bytes, but the catalogue expects {file.num_bytes:,}; this is "
            "another file"
        )
    _refuse_larger(announced, file)


def _refuse_larger(size: int | None, file: RemoteFile) -> None:
    if size is not None and size > file.limit:
        raise DownloadError(
            f"{file.url}: {size:,} bytes or more arrive, but {file.limit:,} are expected at most; this is another file "
            "than the catalogue means"
        )


def _require_digest(part: Path, file: RemoteFile) -> None:
    found = _digest(part)
    if found != file.sha256:
        size = _size(part)
        part.unlink()
        raise CheckError(
            f"{file.url}: what arrived ({size:,} bytes) has the sha256 {found}, but {file.sha256} is expected; it was "
            "thrown away. Either the file was changed where it lies, or something on the way changes it"
        )


def _kept(part: Path) -> str:
    size = _size(part)
    return (
        f"{_of(size, None)} are kept in {part}, and the same command goes on from there" if size else "try again later"
    )


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _of(size: int, whole: int | None) -> str:
    return f"{size:,} bytes" if whole is None else f"{size:,} of {whole:,} bytes"


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
