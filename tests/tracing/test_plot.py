import io
import sys

import numpy as np
import pytest

from regard.errors import MissingExtraError, TraceError
from regard.tracing.four_panels import MOST_TOKENS
from regard.tracing.plot import plot_head


def png(figure) -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=40)
    return data.getvalue()


@pytest.fixture
def trace(make_trace):
    return make_trace("the fluff¦y cat", "le chat", pad=2)


def test_four_panels_become_a_png(trace):
    figure = plot_head(trace["decoder.self", 0, 0])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title[:3].strip() for title in titles if title] == ["① S", "② M", "③ W", "④ O"]
    assert png(figure).startswith(b"\x89PNG\r\n")


def test_the_numbers_are_those_of_the_tensors(trace):
    head = trace["decoder.cross", 0, 1]
    (axes, _) = plot_head(head, panel="weights").axes
    drawn = axes.images[0].get_array()
    assert np.array_equal(drawn.mask, head.codes != 0)
    assert np.array_equal(drawn.compressed(), head.weights[head.codes == 0])
    written = [text.get_text() for text in axes.texts]
    assert written.count("∅") == (head.codes != 0).sum()
    assert f"{head.weights[0, 0]:.2f}" in written
    assert len([patch for patch in axes.patches if patch.get_hatch()]) == (head.codes != 0).sum()
    assert axes.images[0].get_clim() == (0, 1)


def test_scores_are_centred(trace):
    (axes, _) = plot_head(trace["decoder.cross", 0, 0], panel="scores").axes
    low, high = axes.images[0].get_clim()
    assert low == -high


def test_a_large_picture_marks_what_is_negative(make_trace):
    head = make_trace(" ".join(["w"] * 30), "un deux")["decoder.cross", 0, 0]
    (axes, _) = plot_head(head, panel="scores").axes
    assert [text.get_text() for text in axes.texts] == ["–"] * int((head.scores < 0).sum())


def test_hostile_words_are_drawn_without_a_warning(make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    assert png(plot_head(make_trace(f"{word} 日本", word)["decoder.cross", 0, 0], panel="weights"))


def test_an_empty_sentence(make_trace):
    assert png(plot_head(make_trace("", "")["decoder.cross", 0, 0]))


def test_nothing_global_is_touched(trace):
    plot_head(trace["decoder.cross", 0, 0], panel="mask")
    assert "matplotlib.pyplot" not in sys.modules


def test_too_large_and_unknown(make_trace, trace):
    with pytest.raises(TraceError, match="are too many for a picture"):
        plot_head(make_trace(" ".join(["w"] * MOST_TOKENS), "un")["decoder.cross", 0, 0])
    with pytest.raises(TraceError, match="the panel must be one of"):
        plot_head(trace["decoder.cross", 0, 0], panel="x")


def test_without_matplotlib(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'install it with: pip install "regard\[plot\]"'):
        plot_head(trace["decoder.cross", 0, 0])
