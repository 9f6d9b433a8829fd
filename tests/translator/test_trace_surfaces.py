"""A real run on hostile text, through every surface of Python and files: nothing crashes, nothing of it is markup."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

import regard
from regard.translator import Translator

HOSTILE = {
    "empty": "",
    "space": " \t ",
    "script": "<script>alert(1)</script>",
    "end-script": "</script><!--",
    "markup": "[bold]one[/bold] &amp; two",
    "escape": "\x1b[31mred\x07\x00",
    "right-to-left": "\u202eשלום עולם",
    "emoji": "👩‍👩‍👧‍👦 🇫🇷",
    "long": "x" * 70,
    "unknown": "日本語 ຄ \ufffd",
    "formula": "=cmd|'/c calc'!A1 -1 +2 @x",
    "accents": "a" + "\u0301" * 6,
}


@pytest.fixture(scope="module")
def translator(tiny_run: Path) -> Translator:
    return regard.load(tiny_run, device="cpu")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text(translator: Translator, tmp_path: Path, text: str) -> None:
    trace = translator.explain(text, beam_size=1, max_length=40)
    shown = [trace._repr_html_(), str(trace.compare(trace))]
    assert trace.to_csv(tmp_path / "a.csv") == sum(trace.tensor(each, "scores").size for each in trace.attentions)
    shown.append((tmp_path / "a.csv").read_text(encoding="utf-8"))
    for each in trace.attentions:
        head = trace[each.attention, each.layer, 0]
        head.to_svg(tmp_path / "a.svg")
        ElementTree.parse(tmp_path / "a.svg")
        shown += [head._repr_html_(), (tmp_path / "a.svg").read_text(encoding="utf-8"), head.cell(0, 0).sentence]
        assert head.by_word().weights.shape == (len(head.by_word().queries), len(head.by_word().keys))
    for surface in shown:
        assert "\x1b" not in surface
        assert "\x00" not in surface
        assert "\u202e" not in surface
    for markup in shown[:1] + [each for each in shown if each.startswith(("<svg", "<div"))]:
        assert "<script" not in markup
        assert "<!--" not in markup
