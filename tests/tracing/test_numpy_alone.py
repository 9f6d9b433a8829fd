"""Every step of every attention done again from a saved file, with NumPy and nothing of Regard."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regard.translator import Translator

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"
TOLERANCE = 1e-5
Opened = tuple[dict[str, Any], dict[str, np.ndarray]]


def opened(path: Path) -> Opened:
    with zipfile.ZipFile(path) as file:
        tensors = np.load(io.BytesIO(file.read("tensors.npz")), allow_pickle=False)
        return json.loads(file.read("trace.json")), {name: tensors[name] for name in tensors.files}


def redo(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> int:
    """The textbook's four steps for every attention, layer and head; how many heads there were."""
    heads = 0
    for attention in header["attentions"]:
        queries, keys, values, scores, weights, context = (
            tensors[f"{attention['key']}/{name}"].astype(np.float64)
            for name in ("queries", "keys", "values", "scores", "weights", "context")
        )
        codes = np.broadcast_to(tensors[f"masks/{attention['mask']}"], scores.shape)
        if attention["score"] == "dot":
            close(scores, queries @ keys.transpose(0, 2, 1) * attention["scale"])
        assert np.isfinite(scores).all()
        seeing = (codes == 0).any(axis=-1, keepdims=True)
        powers = np.where(codes == 0, np.exp(scores - scores.max(axis=-1, keepdims=True)), 0)
        close(weights, powers / np.where(seeing, powers.sum(axis=-1, keepdims=True), 1))
        close(weights.sum(axis=-1), seeing[..., 0].astype(float))
        assert (weights[codes != 0] == 0).all()
        close(context, weights @ values)
        heads += len(scores)
    return heads


def close(one: np.ndarray, other: np.ndarray) -> None:
    assert np.abs(one - other).max(initial=0) <= TOLERANCE


def columns(header: dict[str, Any], kind: str) -> list[int]:
    return [token["i"] for token in header["tokens"]["source"] if token["kind"] == kind]


def test_the_golden_trace() -> None:
    header, tensors = opened(GOLDEN)
    assert redo(header, tensors) == 6 * 4
    assert header["translation"]["text"] == "Le chat a poursuivi le chien."
    assert header["request"]["pad_source_to"] == len(header["tokens"]["source"])


def test_padding_stands_in_the_masks_of_the_golden_trace() -> None:
    header, tensors = opened(GOLDEN)
    padded = columns(header, "pad")
    assert len(padded) == 2
    for name in ("encoder.self", "decoder.cross"):
        codes = tensors[f"masks/{name}"]
        assert (codes[:, padded] == 1).all()
        assert (np.delete(codes, padded, axis=1) == 0).all()
    future = tensors["masks/decoder.self"]
    assert np.array_equal(future, np.triu(np.full(future.shape, 2, np.uint8), 1))


QUESTIONS: dict[str, dict[str, Any]] = {
    "greedy": {"beam_size": 1},
    "beam": {"beam_size": 4, "pad_source_to": 30},
    "prefix": {"prefix": "Le", "pad_source_to": 29},
    "target": {"target": "Le chat dort.", "pad_source_to": 28},
    "heads": {"without_heads": ["1.1", ("encoder.self", 0, None)], "pad_source_to": 30},
    "cells": {"without_cells": [("decoder.cross", None, 0, 1, 2), ("decoder.self", 0, None, None, 0)]},
    "masks": {"without_mask": True, "pad_source_to": 30, "target": "Le chat"},
    "positions": {"positions": False},
    "one-layer": {"layers": (1, 1)},
    "cut": {"max_length": 2},
}


# A recurrent model has one attention only, decoder.0.cross, so some heads and layers are not there.
ASKED = [("transformer", name) for name in QUESTIONS]
ASKED += [("recurrent", name) for name in ("greedy", "beam", "prefix", "target", "masks", "cut")]


@pytest.mark.guarantee(
    "Every step shown can be done again: from a saved trace, NumPy alone gets the same scores, weights and context",
    area="looking",
    control="test_one_wrong_number_is_noticed",
    reported="OpenNMT-py #903, CTranslate2 #313",
)
@pytest.mark.parametrize(("kind", "question"), ASKED)
def test_any_trace(kind: str, question: str, make_translator: Callable[..., Translator], tmp_path: Path) -> None:
    asked = QUESTIONS[question]
    trace = make_translator(kind=kind).explain("The cat chased the dog.", **asked)
    trace.save(tmp_path / "t.trace.zip")
    header, tensors = opened(tmp_path / "t.trace.zip")
    assert redo(header, tensors) == sum(attention.num_heads for attention in trace.attentions) > 0
    assert len(columns(header, "pad")) == max(0, (asked.get("pad_source_to") or 0) - len(columns(header, "piece")) - 1)
    assert all(check["holds"] for check in header["checks"])


@pytest.mark.parametrize("name", ["queries", "scores", "weights", "context"])
def test_one_wrong_number_is_noticed(name: str) -> None:
    """The negative control of what stands above."""
    header, tensors = opened(GOLDEN)
    wrong = tensors[f"decoder.1.cross/{name}"].copy()
    wrong[3, 2, 1] += 1e-3
    with pytest.raises(AssertionError):
        redo(header, tensors | {f"decoder.1.cross/{name}": wrong})


def test_a_wrong_code_is_noticed() -> None:
    header, tensors = opened(GOLDEN)
    wrong = tensors["masks/decoder.cross"].copy()
    wrong[0, 0] = 32
    with pytest.raises(AssertionError):
        redo(header, tensors | {"masks/decoder.cross": wrong})


def test_the_example_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/trace.md shows how to do every step again; what it says comes out, comes out."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "trace.md").read_text(encoding="utf-8")
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "import numpy" in block)
    (tmp_path / "cat.trace.zip").write_bytes(GOLDEN.read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["key"] == "decoder.1.cross"
    for name in ("scores", "weights", "context"):
        close(names[name], names["tensors"][f"{names['key']}/{name}"])
