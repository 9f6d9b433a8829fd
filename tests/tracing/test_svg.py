import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing import Trace
from regard.tracing.four_panels import MOST_TOKENS
from regard.tracing.svg import head_svg, write_svg

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"


def texts(drawn):
    return [each.text or "" for each in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


@pytest.fixture
def trace(make_trace):
    return make_trace("the fluff¦y cat", "le chat", pad=2)


def test_the_golden_trace():
    head = Trace.load(GOLDEN)["decoder.cross", 1, 0]
    written = texts(head_svg(head))
    for title in ("① Scores", "② Mask", "③ Weights", "④ Output"):
        assert title in written
    assert written.count("∅") >= 2 * head.codes.shape[0] * 2
    assert 'after ⟨start⟩ → "Le"' in written


def test_the_numbers_are_those_of_the_tensors(trace):
    head = trace["decoder.cross", 0, 1]
    drawn = ElementTree.fromstring(head_svg(head, panel="weights"))
    numbers = [float(each.text) for each in drawn.iter(f"{SVG}text") if re.fullmatch(r"\d\.\d\d", each.text or "")]
    assert np.allclose(numbers, head.weights[head.codes == 0].round(2), atol=0.006)
    signs = [each for each in drawn.iter(f"{SVG}text") if each.text == "∅"]
    assert len(signs) == (head.codes != 0).sum() + 2  # and the names of two columns


def test_it_says_in_words_what_it_shows(trace):
    head = trace["decoder.self", 0, 0]
    drawn = ElementTree.fromstring(head_svg(head))
    assert drawn.get("role") == "img"
    assert drawn[0].tag == f"{SVG}title"
    assert drawn[0].text == "decoder.0.self, head 0 of 2: the translation looks at its own beginning"
    assert drawn[1].tag == f"{SVG}desc"
    assert "Rows are queries (who looks), columns are keys (who is looked at)." in drawn[1].text
    assert 'after ⟨start⟩ → "le" looks most at ⟨start⟩: 1.00.' in drawn[1].text
    reasons = {each.text for each in drawn.iter(f"{SVG}title")} - {drawn[0].text}
    assert reasons == {"future"}


def test_hidden_cells_are_hatched(trace):
    head = trace["decoder.self", 0, 0]
    drawn = ElementTree.fromstring(head_svg(head, panel="mask"))
    hatching = [each for each in drawn.iter(f"{SVG}path") if each.get("stroke")]
    assert len(hatching) == (head.codes != 0).sum()


def test_a_large_picture_marks_what_is_negative_with_bars(make_trace):
    words = " ".join(f"w{number}" for number in range(30))
    head = make_trace(words, "un deux")["decoder.cross", 0, 0]
    drawn = ElementTree.fromstring(head_svg(head, panel="scores"))
    (bars,) = (each for each in drawn.iter(f"{SVG}path"))
    assert bars.get("d").count("h") == (head.scores < 0).sum()
    assert not [text for text in texts(head_svg(head, panel="scores")) if re.fullmatch(r"-?\d\.\d\d", text)]


def test_hostile_words_are_text(make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    drawn = head_svg(make_trace(f"{word} a", word)["decoder.cross", 0, 0])
    tree = ElementTree.fromstring(drawn)
    tags = {each.tag.removeprefix(SVG) for each in tree.iter()}
    assert tags <= {"svg", "g", "rect", "text", "path", "title", "desc"}
    assert not {name for each in tree.iter() for name in each.attrib if name.startswith("on") or "href" in name}
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert len(drawn) < 200_000


def test_an_empty_sentence(make_trace):
    assert "③ Weights" in head_svg(make_trace("", "")["decoder.cross", 0, 0])


def test_too_large_a_head_is_refused(make_trace):
    head = make_trace(" ".join(["w"] * MOST_TOKENS), "un")["decoder.cross", 0, 0]
    message = f"2 queries and {MOST_TOKENS + 1} keys are too many for a picture, which shows at most {MOST_TOKENS}"
    with pytest.raises(TraceError, match=message):
        head_svg(head)
    assert head_svg(make_trace(" ".join(["w"] * (MOST_TOKENS - 1)), "un")["decoder.cross", 0, 0])


def test_no_such_panel(trace):
    with pytest.raises(TraceError, match="the panel must be one of scores, mask, weights, output, but is 'colour'"):
        head_svg(trace["decoder.cross", 0, 0], panel="colour")


def test_written_over_what_was_there(trace, tmp_path):
    path = tmp_path / "a.svg"
    path.write_text("before")
    write_svg(path, trace["decoder.cross", 0, 0])
    assert path.read_text(encoding="utf-8").startswith("<svg ")
