"""The methods that delegate: each gives what the function behind it gives."""

import csv
import sys
from types import ModuleType

from regard.tracing.by_word import words_by_word
from regard.tracing.cell import cell_card
from regard.tracing.svg import head_svg
from regard.tracing.table import csv_lines


def test_of_a_head(make_trace, tmp_path):
    head = make_trace("the cat", "le chat")["decoder.cross", 0, 1]
    assert head.cell("chat", "cat") == cell_card(head, "chat", "cat")
    assert (head.by_word().weights == words_by_word(head).weights).all()
    assert len(head.plot().axes) == 7
    assert len(head.plot(panel="mask").axes) == 1
    head.to_svg(tmp_path / "a.svg", panel="weights")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == head_svg(head, panel="weights")
    assert head._repr_html_().startswith("<div>")


def test_of_a_trace(make_trace, tmp_path, monkeypatch):
    first, second = (make_trace("the cat", "le chat", seed=seed) for seed in (0, 1))
    assert first.to_csv(tmp_path / "a.csv") == len(list(csv_lines(first))) - 1
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[:3] == ["attention", "layer", "head"]
    assert first.compare(second).second is second
    module = ModuleType("pandas")
    module.DataFrame = dict
    monkeypatch.setitem(sys.modules, "pandas", module)
    assert "weight" in first.to_pandas()
    assert first._repr_html_().startswith("<div>")
