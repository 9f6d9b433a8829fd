import re
from html.parser import HTMLParser

import pytest

from regard.tracing.notebook import LARGEST_TABLE, MOST_BYTES, head_html, trace_html

ALLOWED = {"div", "p", "b", "bdi", "small", "code", "table", "tr", "th", "td"}


class Reader(HTMLParser):
    """Tags and attributes as a browser would find them, and the text of cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.cells: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.names.update(name for name, _ in attrs)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


@pytest.fixture
def trace(make_trace):
    return make_trace("the fluff¦y cat", "le chat", layers=2, pad=2)


def test_a_trace_in_a_notebook(trace):
    shown = trace._repr_html_()
    assert shown == trace_html(trace)
    assert "the fluffy cat" in shown
    assert "le chat" in shown
    assert "2 + 2 layers of 2 heads" in shown
    assert "decoder.1.cross, head 0 of 2: the translation looks at the source" in shown
    assert "Weights are not a reason" in shown
    assert "Rows are queries (who looks), columns are keys (who is looked at)" in shown


def test_the_numbers_are_those_of_the_tensors(trace):
    head = trace["decoder.cross", 1, 0]
    cells = Reader(trace_html(trace)).cells
    numbers = [f"{weight:.2f}" for weight in head.weights[head.codes == 0]]
    assert ",".join(numbers[: head.codes.shape[1] - 2]) in ",".join(cells)
    sharp = [f"{trace['encoder.self', 0, number].weights.max(axis=1).mean():.2f}" for number in (0, 1)]
    assert ",".join(sharp) in ",".join(cells)


def test_a_head_in_a_notebook(trace):
    head = trace["decoder.self", 0, 1]
    shown = head._repr_html_()
    assert shown == head_html(head)
    for step in ("① Scores", "② Mask", "③ Weights", "④ Output"):
        assert step in shown
    assert shown.count(">×<") == 2 * (head.codes != 0).sum()  # in the mask and in the weights; scores are raw
    assert "× future" in shown


def test_a_large_head_becomes_lists(make_trace):
    head = make_trace(" ".join(f"w{n}" for n in range(40)), "un deux trois quatre cinq six sept huit")[
        "decoder.cross", 0, 0
    ]
    assert head.weights.size > LARGEST_TABLE
    shown = head_html(head)
    best = int(head.weights[3].argmax())
    assert f"w{best} {head.weights[3, best]:.2f}" in shown
    assert "0 of 369 cells are hidden: <bdi>nothing</bdi>" in shown


@pytest.mark.parametrize(("length", "word"), [(100, "&&&&&&&&&&&&&&&&&&&&&&&"), (600, "w")], ids=["wide", "long"])
def test_it_stays_small(make_trace, length, word):
    # Each of these signs takes five characters in HTML.
    trace = make_trace(" ".join([word] * length), " ".join([word] * length), heads=1)
    assert len(trace_html(trace).encode()) <= MOST_BYTES
    assert len(head_html(trace["encoder.self", 0, 0]).encode()) <= MOST_BYTES
    assert re.search(r"and \d+ more steps", trace_html(trace))


def test_nothing_but_text_and_tables(trace, make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    nasty = make_trace(f"{word} a", word)
    for shown in (trace_html(trace), trace_html(nasty), head_html(nasty["decoder.cross", 0, 0])):
        reader = Reader(shown)
        assert set(reader.tags) <= ALLOWED
        assert reader.names <= {"style", "title"}
        assert "url(" not in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_every_tag_is_closed(trace):
    shown = trace_html(trace)
    for tag in ALLOWED:
        assert len(re.findall(rf"<{tag}[ >]", shown)) == shown.count(f"</{tag}>")


def test_coloured_cells_bring_their_own_ink(trace):
    grounds = re.findall(r'style="([^"]*background[^"]*)"', trace_html(trace))
    assert grounds
    assert all("color:#000000" in style or "color:#ffffff" in style for style in grounds)


def test_failed_checks_and_changes_are_said(trace):
    from regard.tracing import Check, HeadName, Interventions

    failed = Check(name="rows sum to 1", what="", measured=0.5, tolerance=1e-5, holds=False)
    changed = Interventions(without_heads=(HeadName(layer=0, head=0),))
    request = trace.header.request.model_copy(update={"interventions": changed})
    header = trace.header.model_copy(update={"checks": (failed,), "request": request})
    shown = trace_html(type(trace)(header, trace.tensors))
    assert "1 of 1 checks FAILED: rows sum to 1" in shown
    assert "changed on request" in shown


def test_a_query_that_sees_nothing(make_trace):
    head = make_trace(" ".join(["w"] * 400), "un")["decoder.cross", 0, 0]
    head.codes.flags.writeable = True
    head.codes[:] = 1
    head.weights[:] = 0
    assert "sees nothing" in head_html(head)


def test_an_empty_sentence(make_trace):
    trace = make_trace("", "")
    assert "⟨end⟩" in trace_html(trace)
    without = type(trace)(trace.header.model_copy(update={"attentions": (), "steps": ()}), {})
    assert trace_html(without).startswith("<div>")
