"""Fetching corpora by name from a server of our own that behaves, or does not."""

import errno
import gzip
import hashlib
import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from regard.corpus.fetching import Entry, RemoteFile, download, get_corpus
from regard.errors import CheckError, CorpusError, DiskFullError, DownloadError, MachineError, OutputExistsError

ENGLISH = "".join(f"Sentence number {number}.\n" for number in range(4000)).encode()
FRENCH = "".join(f"Phrase numéro {number}.\n" for number in range(4000)).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Site:
    """What the server holds and how it behaves; ``asked`` is what it was asked for, with the ranges."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    knows_ranges: bool = True
    cut_after: list[int] = field(default_factory=list)  # so many bytes of each next answer arrive
    statuses: list[int] = field(default_factory=list)  # of the next answers, instead of the file
    redirect: str = ""
    says_length: bool = True
    stall_seconds: list[float] = field(default_factory=list)  # before each next answer's content
    lies_about_range: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.asked.append((self.path, self.headers.get("Range", "")))
        if site.statuses:
            self.send_error(site.statuses.pop(0))
        elif site.redirect and self.path == "/moved.gz":
            self.send_response(302)
            self.send_header("Location", site.redirect)
            self.end_headers()
        elif self.path.strip("/") not in site.files:
            self.send_error(404)
        else:
            self._send(site.files[self.path.strip("/")])

    def _send(self, data: bytes) -> None:
        site, begins = self.site, 0
        if site.knows_ranges and (wanted := self.headers.get("Range", "")):
            begins = int(wanted.removeprefix("bytes=").rstrip("-"))
        if begins >= len(data) > 0 and begins:
            self.send_error(416)
            return
        self.send_response(206 if begins else 200)
        if begins:
            said = begins + 1 if site.lies_about_range else begins
            self.send_header("Content-Range", f"bytes {said}-{len(data) - 1}/{len(data)}")
        if site.says_length:
            self.send_header("Content-Length", str(len(data) - begins))
        self.end_headers()
        if site.stall_seconds:
            time.sleep(site.stall_seconds.pop(0))
        rest = data[begins:]
        self.wfile.write(rest[: site.cut_after.pop(0)] if site.cut_after else rest)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    site.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return packed.getvalue()


def taped(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tape:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tape.addfile(info, io.BytesIO(data))
    return packed.getvalue()


BOTH = {"deep/corpus.en": ENGLISH, "deep/corpus.fr": FRENCH}
NAMES = {"deep/corpus.en": "a.en", "deep/corpus.fr": "a.fr"}


def remote(site: Site, data: bytes, name: str = "both.zip", **changes: Any) -> RemoteFile:
    """A file that the server holds, described as a catalogue would."""
    site.files[name] = data
    given = {"sha256": digest(data), "num_bytes": len(data), "most_bytes": 10**7, "packing": "zip", "names": NAMES}
    return RemoteFile(**{"url": site.url(name), **given, **changes})  # type: ignore[arg-type]


def entry(*files: RemoteFile, pairs: tuple[tuple[str, str], ...] = (("a.en", "a.fr"),)) -> Entry:
    return Entry("mine", "My sentences", "CC0", files, "https://example.org/cc0", "about", pairs)


@dataclass
class Heard:
    """What was told, and how long was waited."""

    told: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def get(self, corpus: Entry, out: Path, **options: Any) -> dict[str, int]:
        return get_corpus(corpus, out, tell=self.told.append, wait=self.waited.append, **options)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_a_corpus_is_fetched_verified_and_unpacked(site: Site, heard: Heard, tmp_path: Path) -> None:
    packed = [("a.en", gzip.compress(ENGLISH)), ("a.fr", gzip.compress(FRENCH))]
    files = [remote(site, data, f"{name}.gz", packing="gzip", names={"": name}) for name, data in packed]
    assert heard.get(entry(*files), tmp_path / "out") == {"a.en": 4000, "a.fr": 4000}
    assert (tmp_path / "out" / "a.fr").read_bytes() == FRENCH
    assert heard.told[0] == "My sentences\nlicence: CC0; see https://example.org/cc0"
    origin = (tmp_path / "out" / "ORIGIN.txt").read_text(encoding="utf-8")
    assert "licence: CC0; see https://example.org/cc0" in origin
    assert all(f"{file.url}\n    sha256 {file.sha256}" in origin for file in files)
    assert leftovers(tmp_path) == ["ORIGIN.txt", "a.en", "a.fr", "out"]


@pytest.mark.parametrize(
    ("packing", "data"),
    [("zip", zipped(BOTH)), ("tar", taped(BOTH)), ("tar", taped(BOTH, "w:xz")), ("tar", taped(BOTH, "w"))],
    ids=["zip", "tar.gz", "tar.xz", "tar"],
)
def test_archives_give_the_files_that_were_asked_for(
    site: Site, heard: Heard, tmp_path: Path, packing: str, data: bytes
) -> None:
    assert heard.get(entry(remote(site, data, packing=packing)), tmp_path / "out") == {"a.en": 4000, "a.fr": 4000}
    assert (tmp_path / "out" / "a.en").read_bytes() == ENGLISH


def test_a_plain_file_needs_no_unpacking(site: Site, heard: Heard, tmp_path: Path) -> None:
    table = remote(site, b"one\tun\n", "t.tsv", packing="none", names={"": "t.tsv"})
    assert heard.get(entry(table, pairs=()), tmp_path / "deep" / "out") == {"t.tsv": 1}


class TestGoingOn:
    """What has arrived is kept, and never believed before it is verified."""

    def test_a_cut_connection_is_continued_at_once(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        data = zipped(BOTH)
        site.cut_after = [1000, 70_000]
        heard.get(entry(remote(site, data)), tmp_path / "out")
        assert [asked for _, asked in site.asked] == ["", "bytes=1000-", "bytes=71000-"]
        assert heard.waited == [1.0, 3.0]
        assert f"both.zip: the connection ended after 1,000 of {len(data):,} bytes; trying again in 1 s" in heard.told

    def test_a_connection_that_keeps_breaking_leaves_what_arrived_for_the_next_call(
        self, site: Site, heard: Heard, tmp_path: Path
    ) -> None:
        corpus = entry(remote(site, zipped(BOTH)))
        site.cut_after = [1000, 10, 10, 10]
        with pytest.raises(
            DownloadError, match=r"both\.zip: the connection ended after 1,030 of .* 1,030 bytes are kept"
        ):
            heard.get(corpus, tmp_path / "out")
        assert heard.waited == [1.0, 3.0, 10.0]
        assert not (tmp_path / "out").exists()
        heard.get(corpus, tmp_path / "out")
        assert site.asked[-1][1] == "bytes=1030-"
        assert leftovers(tmp_path) == ["ORIGIN.txt", "a.en", "a.fr", "out"]

    def test_a_file_that_is_complete_is_not_fetched_again(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        whole = remote(site, b"one\n", "one.en", packing="none", names={"": "a.en"})
        other = remote(site, b"un\n", "one.fr", packing="none", names={"": "a.fr"})
        del site.files["one.fr"]
        with pytest.raises(DownloadError, match="404"):
            heard.get(entry(whole, other), tmp_path / "out")
        site.files["one.fr"] = b"un\n"
        heard.get(entry(whole, other), tmp_path / "out")
        assert [path for path, _ in site.asked].count("/one.en") == 1

    def test_a_server_without_ranges_begins_again(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        site.knows_ranges = False
        site.cut_after = [1000]
        heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert "both.zip: the server cannot go on in the middle; fetching the whole file again" in heard.told
        assert (tmp_path / "out" / "a.fr").read_bytes() == FRENCH

    def test_a_server_that_goes_on_elsewhere_is_not_believed(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        site.lies_about_range = True
        site.cut_after = [1000]
        heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert [asked for _, asked in site.asked] == ["", "bytes=1000-", ""]

    def test_a_beginning_that_does_not_fit_is_thrown_away(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        file = remote(site, zipped(BOTH))
        kept = tmp_path / ".out.fetched"
        kept.mkdir()
        (kept / f"{str(file.sha256)[:12]}-both.zip.part").write_bytes(b"x" * 500)
        heard.get(entry(file), tmp_path / "out")
        assert "both.zip: the beginning fetched earlier does not fit; fetching the whole file again" in heard.told

    def test_a_complete_part_of_unknown_size_is_verified(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        data = zipped(BOTH)
        file = remote(site, data, num_bytes=None)
        (tmp_path / ".out.fetched").mkdir()
        (tmp_path / ".out.fetched" / f"{digest(data)[:12]}-both.zip.part").write_bytes(data)
        heard.get(entry(file), tmp_path / "out")
        assert [asked for _, asked in site.asked] == [f"bytes={len(data)}-"]  # answered with 416

    def test_a_busy_server_is_asked_again(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        site.statuses = [503, 429]
        heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert len(site.asked) == 3

    def test_without_a_length_the_catalogue_knows_when_it_is_cut(
        self, site: Site, heard: Heard, tmp_path: Path
    ) -> None:
        site.says_length = False
        site.cut_after = [1000]
        heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert site.asked[1][1] == "bytes=1000-"

    def test_a_server_that_falls_silent_is_asked_again(
        self, site: Site, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(download, "_TIMEOUT_SECONDS", 0.4)
        site.stall_seconds = [1.0]
        heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert any("the connection broke (timed out); trying again" in line for line in heard.told)


class TestRefusing:
    """Nothing unverified is unpacked; the message says what was wrong; no folder is left."""

    def test_a_wrong_sha256(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        data = zipped(BOTH)
        file = remote(site, data, sha256="0" * 64)
        with pytest.raises(CheckError, match=rf"has the sha256 {digest(data)}, but 0{{64}} is expected; it was thrown"):
            heard.get(entry(file), tmp_path / "out")
        assert leftovers(tmp_path) == []

    def test_a_page_that_is_not_there(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        file = remote(site, zipped(BOTH))
        site.files.clear()
        with pytest.raises(DownloadError, match=r"answers 404 \(Not Found\); the file may have moved"):
            heard.get(entry(file), tmp_path / "out")
        assert heard.waited == []
        assert leftovers(tmp_path) == []

    def test_no_server(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        file = remote(site, zipped(BOTH), url="http://127.0.0.1:9/both.zip")
        with pytest.raises(DownloadError, match=r"both\.zip cannot be reached \(.*\); is there a network here"):
            heard.get(entry(file), tmp_path / "out")
        assert leftovers(tmp_path) == []

    def test_a_redirect_to_a_file_of_this_machine(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        (tmp_path / "secret.gz").write_bytes(b"secret")
        site.redirect = (tmp_path / "secret.gz").as_uri()
        with pytest.raises(DownloadError, match="answers 302"):
            heard.get(entry(remote(site, b"", url=site.url("moved.gz"))), tmp_path / "out")

    def test_a_redirect_to_another_place_is_followed(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        file = remote(site, zipped(BOTH), url=site.url("moved.gz"))
        site.redirect = site.url("both.zip")
        heard.get(entry(file), tmp_path / "out")

    def test_another_size(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        file = remote(site, zipped(BOTH), num_bytes=100)
        with pytest.raises(DownloadError, match=r"offers [\d,]+ bytes, but the catalogue expects 100; this is another"):
            heard.get(entry(file), tmp_path / "out")

    @pytest.mark.parametrize("says_length", [True, False])
    def test_an_endless_file(self, site: Site, heard: Heard, tmp_path: Path, says_length: bool) -> None:
        site.says_length = says_length
        file = remote(site, zipped(BOTH), num_bytes=None, most_bytes=70_000)
        with pytest.raises(DownloadError, match=r"bytes or more arrive, but 70,000 are expected at most"):
            heard.get(entry(file), tmp_path / "out")

    def test_a_folder_that_is_there(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        with pytest.raises(OutputExistsError, match="exists already and is left as it is"):
            heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "out")
        assert site.asked == []

    def test_sides_of_different_length(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        data = zipped({**BOTH, "deep/corpus.fr": FRENCH + b"plus\n"})
        with pytest.raises(CorpusError, match=r"mine: a\.en has 4,000 lines but a\.fr has 4,001; they should be trans"):
            heard.get(entry(remote(site, data)), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_full_disk(self, site: Site, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        corpus = entry(remote(site, zipped(BOTH)))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", filling(Path.open, limit=100_000))
            with pytest.raises(DiskFullError, match=r"no space left on the disk for .*; what has been fetched is kept"):
                heard.get(corpus, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        heard.get(corpus, tmp_path / "out")
        assert site.asked[-1][1] != ""  # it went on

    def test_a_place_that_is_no_folder(self, site: Site, heard: Heard, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(MachineError, match="cannot be used"):
            heard.get(entry(remote(site, zipped(BOTH))), tmp_path / "file" / "out")


def filling(plain_open: Callable[..., Any], *, limit: int) -> Callable[..., Any]:
    """Stands in for ``Path.open``: what is written beyond a limit finds no space."""

    def opened(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        file = plain_open(self, mode, *arguments, **options)
        if not self.name.endswith(".part"):
            return file
        plain_write, written = file.write, 0

        class Filling:
            def __enter__(self) -> "Filling":
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

            def write(self, data: bytes) -> int:
                nonlocal written
                written += len(data)
                if written > limit:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return int(plain_write(data))

        return file if "b" not in mode or mode == "rb" else Filling()

    return opened


def linked(kind: bytes) -> bytes:
    """A tape on which a.en is something else than a file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tape:
        info = tarfile.TarInfo("deep/corpus.en")
        info.type, info.linkname = kind, "/etc/passwd"
        tape.addfile(info)
    return packed.getvalue()


def zip_with_mode(mode: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        info = zipfile.ZipInfo("deep/corpus.en")
        info.external_attr = mode << 16
        bundle.writestr(info, "/etc/passwd")
    return packed.getvalue()


ONE = {"deep/corpus.en": "a.en"}


def zip_bomb() -> bytes:
    """Two million zeros in a small zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("deep/corpus.en", bytes(2_000_000))
    return packed.getvalue()


HTML = b"<html>not what you want</html>"
LACKING = r"'deep/corpus.en' should be in it once, but is there 0 times; it holds 'other'"
NO_FILE = r"'deep/corpus.en' in it is a link, a folder or a device"
TOO_LARGE = r"unpacks to more than 1,000,000 bytes"
STRANGE = {
    "html as zip": ("zip", HTML, r"cannot be unpacked as zip: File is not a zip file"),
    "html as tar": ("tar", HTML, r"cannot be unpacked as tar: file could not be opened"),
    "html as gzip": ("gzip", HTML, r"cannot be unpacked as gzip: Not a gzipped file"),
    "cut gzip": ("gzip", gzip.compress(ENGLISH)[:-100], r"cannot be unpacked as gzip: Compressed file ended before"),
    "cut tar": ("tar", taped(BOTH)[:-2000], r"cannot be unpacked as tar: "),
    "zip without the file": ("zip", zipped({"other": b""}), LACKING),
    "tar without the file": ("tar", taped({"other": b""}), LACKING),
    "symbolic link in a tar": ("tar", linked(tarfile.SYMTYPE), NO_FILE),
    "hard link in a tar": ("tar", linked(tarfile.LNKTYPE), NO_FILE),
    "device in a tar": ("tar", linked(tarfile.CHRTYPE), NO_FILE),
    "symbolic link in a zip": ("zip", zip_with_mode(0o120777), NO_FILE),
    "zip bomb": ("zip", zip_bomb(), TOO_LARGE),
    "gzip bomb": ("gzip", gzip.compress(bytes(2_000_000)), TOO_LARGE),
    "tar bomb": ("tar", taped({"deep/corpus.en": bytes(2_000_000)}), TOO_LARGE),
    "tar bomb before the file": ("tar", taped({"bomb": bytes(2_000_000), "deep/corpus.en": b"x"}), TOO_LARGE),
}


@pytest.mark.parametrize("case", list(STRANGE))
def test_archives_that_are_not_what_they_should_be(site: Site, heard: Heard, tmp_path: Path, case: str) -> None:
    packing, data, message = STRANGE[case]
    names = {"": "a.en"} if packing == "gzip" else ONE
    file = remote(site, data, "both.x", packing=packing, names=names, num_bytes=None, most_bytes=1_000_000)
    with pytest.raises(CorpusError, match=message):
        heard.get(entry(file, pairs=()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_that_climb_out_of_the_folder_are_just_names(site: Site, heard: Heard, tmp_path: Path) -> None:
    data = zipped({"../../evil": b"evil\n", "/abs": b"evil\n", "deep/corpus.en": b"good\n"})
    heard.get(entry(remote(site, data, names=ONE), pairs=()), tmp_path / "out")
    assert leftovers(tmp_path) == ["ORIGIN.txt", "a.en", "out"]
    climbing = remote(site, data, names={"../../evil": "evil.txt"})
    heard.get(entry(climbing, pairs=()), tmp_path / "second")
    assert (tmp_path / "second" / "evil.txt").read_text() == "evil\n"
