"""A file of translations appears when it is complete, and never in the place of another."""

import errno
import io
import os
from pathlib import Path

import pytest

from regard.cli.output import refuse_existing, text_output
from regard.errors import InputError, OutputExistsError


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden files too."""
    return [path.name for path in folder.iterdir()]


def test_a_file_appears_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.fr"
    with text_output(path) as write:
        write("été\n")
        assert not path.exists()
    assert path.read_bytes() == "été\n".encode()
    assert names(tmp_path) == ["out.fr"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError), text_output(tmp_path / "out.fr") as write:
        write("half" + None)  # type: ignore[operator]
    assert names(tmp_path) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.fr"
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match=r"out\.fr exists already and is left as it is; give another"):
        refuse_existing(path)
    assert path.read_text() == "mine"


def test_a_dangling_link_counts_as_there(tmp_path: Path) -> None:
    path = tmp_path / "out.fr"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputExistsError):
        refuse_existing(path)


def test_the_folder_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder for --output"):
        refuse_existing(tmp_path / "nowhere" / "out.fr")


def test_a_folder_that_may_not_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(InputError, match="nothing may be written there; give another --output than"):
        refuse_existing(tmp_path / "out")


@pytest.mark.parametrize("links", [True, False], ids=["links", "no-links"])
def test_a_file_made_meanwhile_stays(tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", _refuse_link)
    path = tmp_path / "out.fr"
    with pytest.raises(OutputExistsError), text_output(path):
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["out.fr"]


def test_a_file_appears_where_links_do_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _refuse_link)
    with text_output(tmp_path / "out.fr") as write:
        write("a\n")
    assert names(tmp_path) == ["out.fr"]


def _refuse_link(source: object, target: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


class Piecemeal(io.RawIOBase):
    """A raw stream that takes a part of what it is given, as a pipe does whose writer was stopped."""

    def __init__(self) -> None:
        self.buffer, self.taken = self, b""

    def write(self, content: memoryview) -> int:
        self.taken += bytes(content[:3])
        return min(3, len(content))


def test_all_is_written_to_a_stream_that_takes_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Piecemeal()
    monkeypatch.setattr("sys.stdout", stream)
    with text_output(None) as write:
        write("écrit tout\n")
        write("")
    assert stream.taken.decode() == "écrit tout\n"
