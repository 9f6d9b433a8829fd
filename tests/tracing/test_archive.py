"""A trace as a file: written whole, read back equal, opened by NumPy alone, and never trusted."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy

from regard.errors import DiskFullError, MachineError, TraceError
from regard.tracing import AXES, Trace, archive

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def golden() -> Trace:
    return Trace.load(GOLDEN)


def members(path: Path = GOLDEN) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header and the arrays' bytes of a file, read without any code of Regard."""
    with zipfile.ZipFile(path) as outer, zipfile.ZipFile(io.BytesIO(outer.read("tensors.npz"))) as inner:
        return json.loads(outer.read("trace.json")), {name: inner.read(name) for name in inner.namelist()}


def write(path: Path, header: Any, arrays: dict[str, bytes], *, how: int = zipfile.ZIP_STORED) -> Path:
    """A file of any contents."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in arrays.items():
            file.writestr(name, data)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("trace.json", header if isinstance(header, str | bytes) else json.dumps(header))
        file.writestr("tensors.npz", inner.getvalue(), how)
    return path


def npy_bytes(array: np.ndarray, **how: Any) -> bytes:
    stream = io.BytesIO()
    npy.write_array(stream, array, **how)
    return stream.getvalue()


def test_what_is_saved_is_read(golden: Trace, tmp_path: Path) -> None:
    golden.save(tmp_path / "a.trace.zip")
    again = Trace.load(tmp_path / "a.trace.zip")
    assert again.header == golden.header
    assert list(again.tensors) == list(golden.tensors)
    for name, tensor in golden.tensors.items():
        assert again.tensors[name].dtype == tensor.dtype
        assert np.array_equal(again.tensors[name], tensor)


def test_equal_traces_are_equal_files(golden: Trace, tmp_path: Path) -> None:
    golden.save(tmp_path / "a.zip")
    Trace.load(tmp_path / "a.zip").save(str(tmp_path / "b.zip"))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_numpy_alone_reads_it(golden: Trace) -> None:
    with zipfile.ZipFile(GOLDEN) as file:
        header = json.loads(file.read("trace.json"), parse_constant=pytest.fail)
        tensors = np.load(io.BytesIO(file.read("tensors.npz")), allow_pickle=False)
    assert header["schema"] == "regard-trace/1"
    assert set(tensors.files) == set(golden.tensors)
    for attention in header["attentions"]:
        assert tensors[f"{attention['key']}/scores"].dtype == np.float32
        assert set(header["axes"]) == set(AXES)


def test_arrays_cannot_be_written_to(golden: Trace) -> None:
    with pytest.raises(ValueError, match="read-only"):
        golden.tensors["encoder.0.self/scores"][0, 0, 0] = 1


def test_an_old_file_is_replaced_whole(golden: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.trace.zip"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_write_tensors", fail)
    with pytest.raises(DiskFullError, match="no space is left to write"):
        golden.save(path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.trace.zip"]


def test_a_folder_that_is_not_there(golden: Trace, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written: No such file or directory"):
        golden.save(tmp_path / "none" / "a.trace.zip")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot be read: No such file or directory; name a file that"):
        Trace.load(tmp_path / "none.trace.zip")
    with pytest.raises(TraceError, match="cannot be read: Is a directory"):
        Trace.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no zip at all" * 100], ids=["empty", "cut", "text"])
def test_what_is_no_zip(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.trace.zip"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="is not a trace: it is no zip file"):
        Trace.load(path)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../etc/passwd", "x")
    with pytest.raises(TraceError, match=r"is no trace, or damaged: it holds '../../etc/passwd'"):
        Trace.load(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("trace.json", "{}")
    with pytest.raises(TraceError, match=r"it lacks 'tensors.npz'"):
        Trace.load(path)


def drop(key: str) -> Change:
    return lambda header: header.pop(key)


def put(key: str, value: object) -> Change:
    def change(header: dict[str, Any]) -> None:
        place, *rest = (int(part) if part.isdigit() else part for part in reversed(key.split("/")))
        for part in reversed(rest):
            header = header[part]
        header[place] = value

    return change


WRONG_HEADERS: list[tuple[str, Change, str]] = [
    ("schema", put("schema", "regard-trace/2"), "has the schema 'regard-trace/2', but this Regard .* reads 'regard-tr"),
    ("no-schema", drop("schema"), "is not a trace: trace.json states no schema"),
    ("missing", drop("tokens"), "trace.json is wrong at 'tokens': Field required"),
    ("unknown", put("more", 1), "trace.json is wrong at 'more': Extra inputs are not permitted"),
    ("type", put("steps/0/probability", "0.5"), "is wrong at 'steps.0.probability'"),
    ("probability", put("steps/0/probability", 1.5), "is wrong at 'steps.0.probability'"),
    ("negative", put("attentions/0/num_heads", -1), "is wrong at 'attentions.0.num_heads'"),
    ("huge", put("attentions/0/head_dim", 1 << 30), "says it holds .* bytes of tensors, but at most"),
    ("twice", lambda header: header["attentions"].append(header["attentions"][0]), "an attention is given twice"),
    ("key", put("attentions/0/key", "encoder.9.self"), "is not the name of encoder.self in layer 0"),
    ("mask", put("attentions/0/mask", "none"), "names a mask that is not there"),
    ("mask-shape", put("masks/encoder.self/shape", [1, 1]), "and its mask differ in shape"),
    ("mask-axes", put("masks/encoder.self/axes", ["key", "query"]), "a mask's axes are query and key"),
    ("mask-place", put("masks/encoder.self/data", "npz:elsewhere"), "must lie at npz:masks/NAME"),
    ("axes", put("axes/scores", ["key"]), "the axes of the tensors must be those of the schema"),
    ("steps", lambda header: header["steps"].pop(), "as many steps as target tokens"),
    ("numbers", put("tokens/source/0/i", 7), "tokens must be numbered from 0 in order"),
    ("positions", put("position_vectors/source", "npz:../x"), "the vectors of source must lie at npz:positions/source"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in WRONG_HEADERS], ids=[c[0] for c in WRONG_HEADERS])
def test_wrong_headers(change: Change, message: str, tmp_path: Path) -> None:
    header, arrays = members()
    change(header)
    with pytest.raises(TraceError, match=message):
        Trace.load(write(tmp_path / "x.zip", header, arrays))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"schema": NaN}',
        '{"schema": 1}',
        "{" * 10_000,
        '{"schema": "regard-trace/1", "x": -Infinity}',
    ],
    ids=["empty", "list", "null", "nan", "number", "deep", "infinite"],
)
def test_headers_that_are_no_header(text: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"is not a trace: trace\.json states no|is damaged: trace\.json is wrong"):
        Trace.load(write(tmp_path / "x.zip", text, members()[1]))


NAME = "encoder.0.self/scores"


def scores() -> np.ndarray:
    return np.load(io.BytesIO(members()[1][f"{NAME}.npy"]))


WRONG_ARRAYS: dict[str, Callable[[], bytes]] = {
    "shape": lambda: npy_bytes(scores()[:, :, ::-1].transpose(0, 2, 1).copy().reshape(-1, scores().shape[2], 4)),
    "type": lambda: npy_bytes(scores().view(np.int32)),
    "wider": lambda: npy_bytes(scores().astype(np.float64)),
    "order": lambda: npy_bytes(np.asfortranarray(scores())),
    "big-endian": lambda: npy_bytes(scores().astype(">f4")),
    "objects": lambda: npy_bytes(np.array([{}] * 99, dtype=object), allow_pickle=True),
    "version": lambda: npy_bytes(scores(), version=(2, 0)),
    "text": lambda: b"x" * (scores().nbytes + 128),
    "empty": lambda: b"",
    "short": lambda: npy_bytes(scores())[:-1],
    "long": lambda: npy_bytes(scores()) + b"x",
    "evil-header": lambda: b"\x93NUMPY\x01\x00v\x00" + b"__import__('os').abort()".ljust(118) + scores().tobytes(),
}


@pytest.mark.parametrize("wrong", WRONG_ARRAYS)
def test_wrong_arrays(wrong: str, tmp_path: Path) -> None:
    header, arrays = members()
    arrays[f"{NAME}.npy"] = WRONG_ARRAYS[wrong]()
    with pytest.raises(TraceError, match=f"is damaged: {NAME} (has not the size|is no array|must be)"):
        Trace.load(write(tmp_path / "x.zip", header, arrays))


def test_missing_and_additional_arrays(tmp_path: Path) -> None:
    header, arrays = members()
    with pytest.raises(TraceError, match=r"it holds 'more\.npy'"):
        Trace.load(write(tmp_path / "x.zip", header, arrays | {"more.npy": b"x"}))
    arrays.pop(f"{NAME}.npy")
    with pytest.raises(TraceError, match=f"it lacks '{NAME}.npy'"):
        Trace.load(write(tmp_path / "x.zip", header, arrays))


def test_arrays_must_be_stored_so_that_a_small_file_stays_small(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"tensors\.npz must be stored, not compressed"):
        Trace.load(write(tmp_path / "x.zip", *members(), how=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_what_is_packed_as_no_trace_is(tmp_path: Path, how: int, is_damaged: bool) -> None:
    """Each packer fails in its own way; only what traces are packed with is unpacked at all."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("trace.json", json.dumps(members()[0]), how)
        file.writestr("tensors.npz", b"")
    data = bytearray(path.read_bytes())
    if is_damaged:
        data[60:1000] = bytes(each ^ 0x55 for each in data[60:1000])
    path.write_bytes(data)
    with pytest.raises(TraceError, match=r"trace\.json is neither stored nor deflated"):
        Trace.load(path)


def test_a_header_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_JSON_BYTES", 1000)
    with pytest.raises(TraceError, match=r"is too large: trace\.json has more than 1,000 bytes"):
        Trace.load(GOLDEN)


def test_a_header_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The central directory says 100 bytes; what is unpacked is stopped at the limit all the same."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("trace.json", " " * 100_000)
        file.writestr("tensors.npz", b"", zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x01\x02"))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    monkeypatch.setattr(archive, "MOST_JSON_BYTES", 1000)
    with pytest.raises(TraceError, match=r"is damaged|is too large"):
        Trace.load(path)


def test_every_cut_of_a_file_is_seen(tmp_path: Path) -> None:
    whole, path = GOLDEN.read_bytes(), tmp_path / "cut.zip"
    for length in range(0, len(whole), 1777):
        path.write_bytes(whole[:length])
        with pytest.raises(TraceError):
            Trace.load(path)


def test_flipped_bytes_are_seen_or_do_not_matter(golden: Trace, tmp_path: Path) -> None:
    """Checksums cover every byte of contents; what they do not cover (dates, for example) changes nothing."""
    whole, path = GOLDEN.read_bytes(), tmp_path / "flipped.zip"
    refused = 0
    for place in range(0, len(whole), 487):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = Trace.load(path)
        except TraceError:
            refused += 1
            continue
        assert found.header == golden.header
        assert all(np.array_equal(found.tensors[name], golden.tensors[name]) for name in golden.tensors)
    assert refused > 100
