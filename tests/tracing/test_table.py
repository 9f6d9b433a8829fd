import csv
import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from regard.errors import MissingExtraError
from regard.tracing.table import CellRow, cell_rows, csv_lines, data_frame, reason_name, write_csv


@pytest.fixture
def trace(make_trace):
    return make_trace("the fluff¦y cat", "le chat", layers=2, heads=2, pad=1)


def test_every_cell_of_every_head_once(trace):
    rows = list(cell_rows(trace))
    assert len(rows) == sum(trace.tensor(each, "weights").size for each in trace.attentions)
    assert len({(row.attention, row.layer, row.head, row.query, row.key) for row in rows}) == len(rows)
    row = next(r for r in rows if (r.attention, r.layer, r.head, r.query, r.key) == ("decoder.cross", 1, 1, 2, 1))
    head = trace["decoder.cross", 1, 1]
    assert (row.query_token, row.query_kind, row.query_word) == ("▁chat", "piece", 1)
    assert (row.key_token, row.key_kind, row.key_word) == ("▁fluff", "piece", 1)
    assert (row.score, row.weight) == (float(head.scores[2, 1]), float(head.weights[2, 1]))
    assert row.contribution == pytest.approx(row.weight * float(np.linalg.norm(head.values[1])), rel=1e-6)


def test_hidden_cells_say_why(trace):
    rows = list(cell_rows(trace))
    assert {row.reason for row in rows if row.attention == "decoder.self" and row.key > row.query} == {"future"}
    assert {row.reason for row in rows if row.key_kind == "pad"} == {"padding"}
    assert {row.reason for row in rows if row.code == 0} == {""}
    assert reason_name(3) == "padding+future"


def test_csv_comes_back_unchanged(trace, tmp_path):
    path = tmp_path / "t.csv"
    number = write_csv(path, trace)
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert number == len(read)
    for line, row in zip(read, cell_rows(trace), strict=True):
        assert json.loads(line["key_token"]) == row.key_token
        assert json.loads(line["reason"]) == row.reason
        assert line["key_word"] == ("" if row.key_word is None else str(row.key_word))
        assert np.float32(line["score"]) == np.float32(row.score)
        assert np.float32(line["weight"]) == np.float32(row.weight)


def test_hostile_words_are_data(make_trace, hostile):
    trace = make_trace(hostile.replace(" ", "\u00a0"), "a", heads=1)
    text = "".join(csv_lines(trace))
    assert len(text.splitlines()) == 1 + sum(1 for _ in cell_rows(trace))
    assert "\x1b" not in text
    assert "\u202e" not in text
    for line in list(csv.reader(text.splitlines()))[1:]:
        # A spreadsheet takes what begins with one of these for a formula, quoted or not.
        assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in line)
        assert all(cell[:1] != "-" or float(cell) < 0 for cell in line)
    pieces = {json.loads(line[CellRow._fields.index("key_token")]) for line in list(csv.reader(text.splitlines()))[1:]}
    assert {token.piece for token in trace.tokens.source} <= pieces


def test_a_data_frame_has_the_same_columns(trace, monkeypatch):
    module = ModuleType("pandas")
    module.DataFrame = lambda columns: SimpleNamespace(columns=columns)
    monkeypatch.setitem(sys.modules, "pandas", module)
    columns = data_frame(trace).columns
    assert tuple(columns) == CellRow._fields
    assert list(zip(*columns.values(), strict=True)) == [tuple(row) for row in cell_rows(trace)]


def test_without_pandas(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"needs pandas, which is not installed; install it with: pip install"):
        data_frame(trace)


def test_with_real_pandas(trace):
    pandas = pytest.importorskip("pandas")
    frame = data_frame(trace)
    assert isinstance(frame, pandas.DataFrame)
    sums = frame.groupby(["attention", "layer", "head", "query"]).weight.sum()
    assert np.allclose(sums, 1, atol=1e-5)
