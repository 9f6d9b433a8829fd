"""Tensors to a file and back, and headers that do not describe their file."""

import hashlib
import json
import struct
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.bundle import read_tensors, write_tensors
from regard.bundle.header import DTYPES, HeaderError, read_header


def through_file(tensors: dict[str, torch.Tensor], path: Path) -> dict[str, torch.Tensor]:
    write_tensors(path, tensors)
    return read_tensors(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


shapes = st.lists(st.integers(0, 4), max_size=3)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), shapes, max_size=4))
def test_round_trip_of_any_shape_and_name(tmp_path_factory, named_shapes: dict[str, list[int]]) -> None:
    tensors = {name: torch.rand(shape) for name, shape in named_shapes.items() if name != "__metadata__"}
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    back = through_file(tensors, path)
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_round_trip_of_every_type_with_the_library(dtype: torch.dtype, tmp_path: Path) -> None:
    tensors = {"a": torch.arange(6).reshape(2, 3).to(dtype), "b": torch.ones((), dtype=dtype)}
    ours = through_file(tensors, tmp_path / "ours.safetensors")
    theirs = safetensors.torch.load_file(tmp_path / "ours.safetensors")
    safetensors.torch.save_file(tensors, tmp_path / "theirs.safetensors")
    digest = hashlib.sha256((tmp_path / "theirs.safetensors").read_bytes()).hexdigest()
    read_by_us = read_tensors(tmp_path / "theirs.safetensors", sha256=digest)
    for name, tensor in tensors.items():
        for other in (ours, theirs, read_by_us):
            assert other[name].dtype == dtype
            assert torch.equal(other[name], tensor)


def test_views_are_stored_whole_and_sharing_is_by_name(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    tensors = {"turned": base.T, "base": base, "again": base, "row": base[1], "first row": base[0], "cut": base[:, :2]}
    assert write_tensors(tmp_path / "t", tensors) == {"base": "again"}
    digest = hashlib.sha256((tmp_path / "t").read_bytes()).hexdigest()
    back = read_tensors(tmp_path / "t", sha256=digest)
    assert back.keys() == tensors.keys() - {"base"}
    assert all(torch.equal(back[name], tensors[name]) for name in back)


def test_empty_tensors_are_not_taken_for_one_another(tmp_path: Path) -> None:
    assert write_tensors(tmp_path / "t", {"a": torch.empty(0), "b": torch.empty(0)}) == {}


def test_contents_with_another_hash_are_refused(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t", {"a": torch.zeros(3)})
    with pytest.raises(HeaderError, match="has changed since it was checked"):
        read_tensors(tmp_path / "t", sha256="0" * 64)


def file_of(header: object, data: bytes, path: Path) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype: object = "F32", shape: object = (2,), place: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": place}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"{", "has a header that is not JSON"),
        (b"\xff", "has a header that is not JSON"),
        (b"[" * 100_000, "has a header that is not JSON"),
        (b'{"a": {}, "a": {}}', "has a header that is not JSON"),
        ([], "has a header that is not a JSON object"),
        ({}, "holds 8 bytes of tensors, where its header describes 0"),
        ({"a": 3}, "tensor 'a' is not described by dtype, shape and data_offsets"),
        ({"a": entry() | {"more": 1}}, "is not described by"),
        ({"a": entry(dtype="F33")}, "is of an unknown type 'F33'"),
        ({"a": entry(dtype=["F32"])}, "is of an unknown type"),
        ({"a": entry(shape=[-2])}, "has an impossible shape"),
        ({"a": entry(shape=[True, 2])}, "has an impossible shape"),
        ({"a": entry(shape=[2.0])}, "has an impossible shape"),
        ({"a": entry(shape=[1] * 9 + [2])}, "has an impossible shape"),
        ({"a": entry(shape=[10**30])}, "has an impossible shape"),
        ({"a": entry(shape="2")}, "has an impossible shape"),
        ({"a": entry(), "b": entry(shape=[0, 2**47, 2**47], place=[8, 8])}, "tensor 'b' has an impossible shape"),
        ({"a": entry(place=[0])}, "has an impossible place"),
        ({"a": entry(place=[8, 0])}, "needs 8 bytes for its shape .2,., but has -8"),
        ({"a": entry(shape=[16384, 16384])}, "needs 1073741824 bytes for its shape .16384, 16384., but has 8"),
        ({"a": entry(place=[4, 12])}, "tensor 'a' begins at byte 4, where 0 is expected"),
        ({"a": entry(), "b": entry(place=[0, 8])}, "tensor 'b' begins at byte 0, where 8 is expected"),
        ({"a": entry(shape=[1], place=[0, 4])}, "holds 8 bytes of tensors, where its header describes 4"),
        ({"\ud800": entry(dtype="?")}, r"tensor '\\ud800' is of an unknown type"),
    ],
)
def test_lying_headers_are_refused(header: object, expected: str, tmp_path: Path) -> None:
    path = file_of(header, b"\0" * 8, tmp_path / "t")
    with path.open("rb") as file, pytest.raises(HeaderError, match=expected):
        read_header(file, path.stat().st_size)


@pytest.mark.parametrize("data", [b"", b"\1", b"\xff" * 8, struct.pack("<Q", 5 << 20) + b" " * (6 << 20)])
def test_files_that_do_not_begin_right_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(data)
    with (tmp_path / "t").open("rb") as file, pytest.raises(HeaderError, match="does not begin like a safetensors"):
        read_header(file, len(data))


def test_a_good_header_is_accepted(tmp_path: Path) -> None:
    path = file_of({"__metadata__": {"x": "y"}, "a": entry()}, b"\0" * 8, tmp_path / "t")
    with path.open("rb") as file:
        assert read_header(file, path.stat().st_size).tensors["a"].shape == (2,)
