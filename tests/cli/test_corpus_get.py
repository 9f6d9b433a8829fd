"""``regard corpus get``: from the command to a folder that can be trained on, and each exit code on the way."""

import functools
import gzip
import hashlib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ENGLISH = "".join(f"one {number}\n" for number in range(40)).encode()
FRENCH = "".join(f"un {number}\n" for number in range(40)).encode()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server with two packed files."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "site"
    root.mkdir()
    for name, data in (("a.en.gz", ENGLISH), ("a.fr.gz", FRENCH)):
        (root / name).write_bytes(gzip.compress(data, mtime=0))
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory=str(root)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def catalogue(served: str, tmp_path: Path) -> Path:
    """A catalogue of one corpus; the digest of its French side is left to the user."""
    digest = hashlib.sha256(gzip.compress(ENGLISH, mtime=0)).hexdigest()
    path = tmp_path / "mine.toml"
    path.write_text(
        f"""[numbers]
title = "Numbers"
licence = "CC0"
pairs = [["a.en", "a.fr"]]
next = ["regard corpus check {{out}}/a.en {{out}}/a.fr"]
[[numbers.files]]
url = "{served}/a.en.gz"
sha256 = "{digest}"
unpack = "gzip"
to = "a.en"
[[numbers.files]]
url = "{served}/a.fr.gz"
unpack = "gzip"
to = "a.fr"
""",
        encoding="utf-8",
    )
    return path


FRENCH_DIGEST = hashlib.sha256(gzip.compress(FRENCH, mtime=0)).hexdigest()


def test_a_corpus_is_fetched_and_can_be_checked(regard, catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "my numbers"
    outcome = regard("corpus", "get", "numbers", "--catalogue", catalogue, "--out", out, "--sha256", FRENCH_DIGEST)
    assert outcome.code == 0, outcome.err
    assert outcome.err.startswith("Numbers\nlicence: CC0\n")
    assert outcome.out.split("\n") == [
        "a.en: 40 lines",
        "a.fr: 40 lines",
        f"written to {out}; its licence is CC0",
        "what to type next:",
        f"  regard corpus check '{out}'/a.en '{out}'/a.fr",
        "",
    ]
    assert regard("corpus", "check", out / "a.en", out / "a.fr").code == 0
    again = regard("corpus", "get", "numbers", "--catalogue", catalogue, "--out", out, "--sha256", FRENCH_DIGEST)
    assert (again.code, "exists already and is left as it is" in again.err) == (2, True)


def test_known_corpora_are_listed(regard, catalogue: Path) -> None:
    outcome = regard("corpus", "get", "--catalogue", catalogue)
    assert outcome.code == 0
    for words in ("multi30k\n", "CC BY 2.0 FR", "numbers\n    Numbers\n    CC0\n    needs --sha256"):
        assert words in outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["numbers"], 2, "the sha256 of a.fr.gz is not known"),
        (["number", "--sha256", FRENCH_DIGEST], 2, "did you mean numbers?"),
        (["numbers", "--sha256", "0" * 64], 3, f"has the sha256 {FRENCH_DIGEST}, but 000"),
    ],
    ids=["no-digest", "no-name", "wrong-digest"],
)
def test_refusals(regard, catalogue: Path, tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    outcome = regard("corpus", "get", *arguments, "--catalogue", catalogue, "--out", tmp_path / "out")
    assert outcome.code == code, outcome.err
    assert len(outcome.messages) == 1
    assert words in outcome.messages[0]
    assert outcome.out == ""
    assert not (tmp_path / "out").exists()


def test_without_a_network(regard, tmp_path: Path, catalogue: Path) -> None:
    lonely = tmp_path / "lonely.toml"
    text = catalogue.read_text(encoding="utf-8")
    lonely.write_text(text.replace("http://127.0.0.1", "http://nowhere.invalid"), encoding="utf-8")
    given = ["--catalogue", lonely, "--sha256", FRENCH_DIGEST, "--out", tmp_path / "out"]
    outcome = regard("corpus", "get", "numbers", *given)
    assert outcome.code == 4
    assert "cannot be reached" in outcome.messages[0]
    assert "is there a network here?" in outcome.messages[0]
