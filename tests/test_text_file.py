"""A file that somebody wrote by hand is read whole, or it is said what is wrong with it."""

from pathlib import Path

import pytest

from regard.errors import InputError
from regard.text_file import read_text_file


def read(path: Path) -> str:
    return read_text_file(path, what="list", most_mebibytes=1, error=InputError)


def test_text_is_read_as_it_is_but_for_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes("\ufeffdéjà\r\n\ufeff\u2028".encode())
    assert read(path) == "déjà\r\n\ufeff\u2028"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"one\nd\xe9j\xe0\n", r"list, line 2 is not UTF-8; save the list as UTF-8"),
        (b"\xef\xbb\xbfcut\n\xc3", r"list, line 2 is not UTF-8"),
        (b"x" * (1 << 20) + b"\xff", r"is no list: it is larger than 1 MiB"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(path)


def test_as_large_as_it_may_be_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"x" * (1 << 20))
    assert len(read(path)) == 1 << 20


def test_a_file_that_never_ends_is_not_read_to_its_end() -> None:
    with pytest.raises(InputError, match="/dev/zero is no list: it is larger than 1 MiB"):
        read(Path("/dev/zero"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the list .*none cannot be read: No such file"):
        read(tmp_path / "none")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read(tmp_path)
