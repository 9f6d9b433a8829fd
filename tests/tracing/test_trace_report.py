"""The report as a file: it says everything without scripts, cannot be broken into, and knows how large it may be."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing.header import AXES, Check, Request
from regard.tracing.report import report, write_report
from regard.tracing.report_data import THUMBNAIL, escaped_json, num_data_bytes, thumbnails
from regard.tracing.report_text import clearest_head
from regard.tracing.trace import Trace

MakeTrace = Callable[..., Trace]


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of those that hold text alone."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            name = str(self.found[-1][1].get("id"))
            self.scripts[name] = self.scripts.get(name, "") + data
        elif self.cdata_elem is None:
            self.text += data


@pytest.fixture(scope="module")
def trace(make_trace: MakeTrace) -> Trace:
    return make_trace("The fluff¦y cat", "Le chat dort", layers=2, pad=2)


@pytest.fixture(scope="module")
def page(trace: Trace) -> str:
    return report(trace)


def test_the_numbers_of_every_head_are_those_of_the_trace(trace: Trace, page: str) -> None:
    blocks = Elements(page).scripts
    for each in trace.attentions:
        for head in range(each.num_heads):
            found = np.frombuffer(base64.b64decode(blocks[f"regard-{each.key}-{head}"]), "<f4")
            expected = np.concatenate([trace.tensor(each, name)[head].ravel() for name in AXES])
            np.testing.assert_array_equal(found, expected)


def test_the_header_and_the_masks_are_those_of_the_trace(trace: Trace, page: str) -> None:
    data = json.loads(Elements(page).scripts["regard-trace"])
    assert data["header"] == json.loads(trace.header.model_dump_json())
    for name in trace.header.masks:
        assert base64.b64decode(data["masks"][name]) == trace.tensors[f"masks/{name}"].tobytes()


def test_only_this_script_and_this_style_may_run(page: str) -> None:
    policy = next(
        attributes["content"]
        for tag, attributes in Elements(page).found
        if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    script = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for (text,), name in ((script, "script"), (style, "style")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_nothing_leads_outside(page: str) -> None:
    elements = Elements(page).found
    assert {tag for tag, _ in elements} & {"link", "img", "iframe", "object", "embed", "base", "form", "a"} == set()
    assert [attributes for _, attributes in elements if {"src", "href", "style"} & set(attributes)] == []
    assert [name for _, attributes in elements for name in attributes if name.startswith("on")] == []
    assert re.findall(r"https?://", page) == []


def test_without_scripts_it_reads_as_tables(trace: Trace, page: str) -> None:
    text = " ".join(Elements(page).text.split())
    for words in ("The fluffy cat", "Le chat dort", "How each token was chosen", "source padded to"):
        assert words in text
    for name in ("Encoder self-attention", "Decoder self-attention", "Cross-attention"):
        assert f"③ Weights. {name}, layer" in text
    assert 'after "Le" → "chat" 0.75' in text
    head = clearest_head(trace, "decoder.cross")
    assert head is not None
    for weight in head.weights[head.codes == 0]:
        assert f"{weight:.2f}" in text
    assert "∅ padding" in text
    assert "× future" in text


def test_the_clearest_head_is_the_one_with_the_largest_maxima(trace: Trace) -> None:
    found = clearest_head(trace, "decoder.cross")
    assert found is not None
    means = {
        (layer, head): trace["decoder.cross", layer, head].weights.max(-1).mean() for layer in (0, 1) for head in (0, 1)
    }
    assert (found.attention.layer, found.head) == max(means, key=lambda name: means[name])


def test_languages_are_marked(page: str) -> None:
    spans = [attributes for tag, attributes in Elements(page).found if tag == "span" and "lang" in attributes]
    assert [attributes["lang"] for attributes in spans[:2]] == ["en", "fr"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"decoding": "forced", "target": "b"}, "the translation was given"),
        ({"decoding": "beam", "beam_size": 5}, "beam search, beam size 5"),
        ({"prefix": "<b>"}, "begun with “&lt;b&gt;”"),
        ({"interventions": {"positions": False}}, "without positions"),
        ({"interventions": {"without_masks": ("future",)}}, "without the future mask"),
        ({"interventions": {"without_heads": ({"layer": 1, "head": 0},)}}, "without head any 1 0"),
        ({"interventions": {"without_cells": ({"query": 0, "key": 0},)}}, "1 cells switched off"),
    ],
    ids=["forced", "beam", "prefix", "positions", "mask", "head", "cells"],
)
def test_what_was_asked_for_is_said(make_trace: MakeTrace, request_: dict[str, object], words: str) -> None:
    made = make_trace("a", "b")
    request = Request.model_validate(made.header.request.model_dump() | request_)
    assert words in report(Trace(made.header.model_copy(update={"request": request}), made.tensors))


def test_a_failed_check_stands_open(make_trace: MakeTrace) -> None:
    made = make_trace("a", "b")
    checks = (
        Check(name="rows", what="rows sum to 1", measured=0.5, tolerance=1e-5, holds=False, where="decoder.0.cross"),
        Check(name="finite", what="all is finite", measured=None, tolerance=0, holds=False),
        Check(name="scores", what="scores are products", measured=1e-7, tolerance=1e-5, holds=True),
    )
    text = report(Trace(made.header.model_copy(update={"checks": checks}), made.tensors))
    assert '<details open><summary class="failed">2 of 3 checks failed</summary>' in text
    assert "no: decoder.0.cross" in text
    assert "not finite" in text


def test_hostile_text_stays_text(make_trace: MakeTrace, hostile: str) -> None:
    calm = [tag for tag, _ in Elements(report(make_trace("The cat", "Le chat"))).found]
    page = report(make_trace(f"The {hostile.replace(' ', '')}", f"Le {hostile.replace(' ', '')}"))
    assert [tag for tag, _ in Elements(page).found] == calm
    assert "\x1b" not in page
    assert "\u202e" not in Elements(page).text


def test_an_empty_sentence_is_a_report_too(make_trace: MakeTrace) -> None:
    assert "How each token was chosen" in report(make_trace("", ""))


def test_json_cannot_end_its_element() -> None:
    value = {"text": "</script><!-- & \u2028\u2029 é"}
    escaped = escaped_json(value)
    assert json.loads(escaped) == value
    assert re.findall("[<>&\u2028\u2029]", escaped) == []
    assert "é" in escaped


def test_thumbnails_keep_the_largest_weight_of_what_they_stand_for() -> None:
    weights = np.zeros((2, 5, 100), np.float32)
    weights[1, 3, 77] = 1
    small = thumbnails(weights)
    assert small.shape == (2, 5, THUMBNAIL)
    assert (small[0] == 0).all()
    assert [tuple(map(int, place)) for place in np.argwhere(small == 255)] == [(1, 3, 77 * THUMBNAIL // 100)]


def test_the_size_is_told_and_bounded(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    size = write_report(path, trace)
    assert path.stat().st_size == size
    assert num_data_bytes(trace) < size < num_data_bytes(trace) + 200_000
    with pytest.raises(TraceError, match=r"the report would have 0 MB, but at most 0 MB are written.*fewer layers"):
        write_report(tmp_path / "s.html", trace, most_bytes=num_data_bytes(trace) - 1)
    assert not (tmp_path / "s.html").exists()
