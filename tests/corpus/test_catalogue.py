"""The catalogue of corpora to fetch: what it holds, what users may add, and each way in which theirs can be wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regard.corpus.fetching import load_catalogue
from regard.errors import CorpusError

Write = Callable[[str], Path]
HEAD = 'title = "T"\nlicence = "L"\n'
FILE = 'url = "https://example.org/a.en"\nto = "a.en"\n'
SOUND = f"[mine]\n{HEAD}[[mine.files]]\n{FILE}"
DIGEST = "ab" * 32


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a catalogue."""

    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_built_in_catalogue_names_no_digest_that_nobody_knows() -> None:
    known = load_catalogue()
    assert list(known.entries) == ["multi30k", "tatoeba"]
    assert all(file.sha256 and file.num_bytes for file in known.entry("multi30k").files)
    assert [file.sha256 for file in known.entry("tatoeba").files] == [None]
    assert all(file.url.startswith("https://") for one in known.entries.values() for file in one.files)
    assert all(one.licence and one.licence_url and one.pairs and one.next_commands for one in known.entries.values())


def test_own_corpora_stand_beside_the_known_ones_and_win(write: Write) -> None:
    own = write(SOUND + SOUND.replace("mine", "tatoeba"))
    entries = load_catalogue(own).entries
    assert list(entries) == ["multi30k", "tatoeba", "mine"]
    assert entries["tatoeba"].title == "T"
    (file,) = entries["mine"].files
    assert (file.packing, dict(file.names), file.sha256, file.limit) == ("none", {"": "a.en"}, None, 4 << 30)


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(CorpusError, match="no corpus is called 'multi-30k'; did you mean multi30k"):
        load_catalogue().entry("multi-30k")


def test_a_digest_is_asked_for_where_none_is_known(write: Write) -> None:
    entry = load_catalogue(write(SOUND)).entry("mine")
    with pytest.raises(CorpusError, match=r"the sha256 of a\.en is not known.* https://example.org/a\.en .*--sha256"):
        entry.with_digests([])
    for given in (DIGEST, f"a.en={DIGEST}", f"a.en={DIGEST.upper()}"):
        assert entry.with_digests([given]).files[0].sha256 == DIGEST


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("abc", "--sha256 abc: a sha256 has 64 hexadecimal digits"),
        (f"b.en={DIGEST}", r"say which file it belongs to, as in FILE=DIGEST; there are a\.en"),
    ],
)
def test_digests_that_are_none(write: Write, given: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        load_catalogue(write(SOUND)).entry("mine").with_digests([given])


def test_a_digest_cannot_contradict_the_catalogue(write: Write) -> None:
    entry = load_catalogue(write(SOUND + f'sha256 = "{DIGEST}"\n')).entry("mine")
    assert entry.with_digests([DIGEST]) == entry
    with pytest.raises(CorpusError, match=f"is {DIGEST}, but {'0' * 64} is given; leave --sha256 out"):
        entry.with_digests(["0" * 64])


def test_of_several_files_each_digest_names_its_own() -> None:
    entry = load_catalogue().entry("multi30k")
    with pytest.raises(CorpusError, match=r"the catalogue says that the sha256 of val\.en\.gz is"):
        entry.with_digests([f"val.en.gz={DIGEST}"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "cannot be read as a catalogue"),
        ("x = " + "[" * 3000, "cannot be read as a catalogue"),
        ("mine = 3", r"\[mine\] must be a table, but is 3"),
        (f"[mine]\n{HEAD}", r"\[mine\] names no files; it needs at least one \[\[mine.files\]\]"),
        (f"[mine]\n{HEAD}files = 3", "files must be a list, but is 3"),
        (f"[mine]\n{HEAD}files = [3]", "file 1 must be a table, but is 3"),
        (SOUND.replace("title", "name"), "unknown key 'name'; there are about, files"),
        (SOUND.replace('"L"', "3"), "licence must be text in quotes, but is 3"),
        (SOUND.replace('"L"', '" "'), "licence must be text in quotes, but is ' '"),
        (SOUND + "size = 3", "unknown key 'size'; there are bytes"),
        (SOUND + "bytes = -1", "bytes must be a whole number, at least 1, but is -1"),
        (SOUND + "most_bytes = 1.5", "most_bytes must be a whole number, at least 1, but is 1.5"),
        (SOUND + 'sha256 = "abc"', "sha256 must have 64 hexadecimal digits, but is 'abc'"),
        (SOUND + 'unpack = "rar"', "unpack must be one of none, gzip, zip, tar, but is 'rar'"),
        (SOUND + 'unpack = "zip"', "an archive needs members, a table of names inside"),
        (SOUND + 'members = {"a" = "b"}', "only zip and tar have members"),
        (SOUND.replace("https", "file"), "url must be an http or https address that ends in a file name"),
        (SOUND.replace("/a.en", "/"), "url must be an http or https address that ends in a file name"),
        (SOUND.replace('to = "a.en"', 'to = "../a.en"'), r"'\.\./a.en' is no plain file name"),
        (SOUND.replace('to = "a.en"', 'to = ".hidden"'), r"'\.hidden' is no plain file name"),
        (SOUND + f"[[mine.files]]\n{FILE}", r"makes two files of one name: ORIGIN\.txt, a\.en, a\.en"),
        (SOUND.replace('to = "a.en"', 'to = "ORIGIN.txt"'), r"two files of one name: ORIGIN\.txt, ORIGIN\.txt"),
        (SOUND.replace("https://example.org", "http://[::1"), "url must be an http or https address"),
        (SOUND.replace("[mine]", '["../mine"]').replace("mine.files", '"../mine".files'), "is no name for a corpus"),
        (SOUND.replace("[[", 'pairs = [["a.en", "b.fr"]]\n[['), "pairs must be lists of two of the files it makes"),
    ],
    ids=range(25),
)
def test_catalogues_that_are_wrong(write: Write, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(CorpusError, match=message) as raised:
        load_catalogue(path)
    assert str(path) in str(raised.value)


def test_a_catalogue_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"the catalogue .*none.toml cannot be read: No such file"):
        load_catalogue(tmp_path / "none.toml")
