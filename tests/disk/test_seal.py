"""Seals: what was damaged since is noticed, whatever it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from regard.disk import SEAL, SealError, check_file, read_seal, seal
from regard.disk.seal import _digest


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    (tmp_path / "a.bin").write_bytes(bytes(range(100)))
    (tmp_path / "b.txt").write_text("b")
    seal(tmp_path, kind="test/1")
    return tmp_path


def check_all(folder: Path) -> None:
    for name, expected in read_seal(folder, kind="test/1").items():
        check_file(folder / name, expected)


def test_an_intact_folder_passes(sealed: Path) -> None:
    check_all(sealed)
    assert set(read_seal(sealed, kind="test/1")) == {"a.bin", "b.txt"}


@pytest.mark.guarantee(
    "A checkpoint with a single wrong byte is not resumed from",
    area="training",
    control="test_sizes_alone_would_not_notice",
)
@pytest.mark.parametrize("name", ["a.bin", "b.txt", SEAL])
def test_every_flipped_byte_is_noticed(sealed: Path, name: str) -> None:
    whole = (sealed / name).read_bytes()
    for place in range(len(whole)):
        (sealed / name).write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        with pytest.raises(SealError):
            check_all(sealed)


def test_sizes_alone_would_not_notice(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.check_file", lambda path, expected: None)
    with pytest.raises(pytest.fail.Exception):
        test_every_flipped_byte_is_noticed(sealed, "a.bin")


def test_the_message_says_what_is_wrong(sealed: Path) -> None:
    (sealed / "c.txt").write_text("c")
    with pytest.raises(SealError, match=r"c.txt is not named in its manifest.json"):
        read_seal(sealed, kind="test/1")
    (sealed / "c.txt").unlink()
    with pytest.raises(SealError, match=r"it is of the kind 'test/1', but 'test/2' is expected"):
        read_seal(sealed, kind="test/2")
    (sealed / "a.bin").write_bytes(b"x" * 100)
    with pytest.raises(SealError, match=r"a.bin is damaged: its sha256 begins \w{12}, but \w{12} is expected"):
        check_all(sealed)
    (sealed / "a.bin").write_bytes(b"x" * 99)
    with pytest.raises(SealError, match=r"a.bin has 99 bytes, but 100 bytes are expected"):
        read_seal(sealed, kind="test/1")
    (sealed / "a.bin").unlink()
    with pytest.raises(SealError, match=r"a.bin is missing, but 100 bytes are expected"):
        read_seal(sealed, kind="test/1")
    (sealed / SEAL).write_text("[" * 10_000)
    with pytest.raises(SealError, match=r"its manifest.json is damaged \(RecursionError\)"):
        read_seal(sealed, kind="test/1")
    (sealed / SEAL).unlink()
    with pytest.raises(SealError, match=r"it has no manifest.json, so it was never finished"):
        read_seal(sealed, kind="test/1")


@pytest.mark.parametrize(
    "files",
    [
        ["a.bin", "b.txt"],
        None,
        {"a.bin": None},
        {"a.bin": {"bytes": 100}},
        {"a.bin": {"bytes": 100, "sha256": "", "mode": 0}},
        {"a.bin": {"bytes": "100", "sha256": ""}},
        {"a.bin": {"bytes": 100, "sha256": 7}},
    ],
)
def test_a_manifest_of_another_make_is_damaged_whatever_its_hash_says(sealed: Path, files: Any) -> None:
    content = {"kind": "test/1", "files": files}
    (sealed / SEAL).write_text(json.dumps(content | {"digest": _digest(content)}))
    with pytest.raises(SealError, match=r"its manifest.json is damaged \(\w+Error\)"):
        read_seal(sealed, kind="test/1")
