"""What a trace may be asked for over HTTP: within the limit, at its price, and without an echo of what was sent."""

from pathlib import Path
from typing import Any

import pytest

import regard
from regard.server.body import validated
from regard.server.journal import Journal
from regard.server.metrics import Metrics
from regard.server.problem import Problem
from regard.server.shelf import Served, Shelf
from regard.server.trace_request import TraceRequest, TraceRun
from regard.tracing import Trace
from regard.translator import Translator

TEXT = "one two three"
SECRET = "<b>secret</b>"


def loaded(folder: Path, **decoding: object) -> Served:
    """The model, with settings of search of its own."""

    def load(place: Path) -> Translator:
        translator = regard.load(place)
        search = translator.settings.decoding.model_copy(update=decoding)
        translator.settings = translator.settings.model_copy(update={"decoding": search})
        return translator

    return Shelf([folder], load, Metrics(), Journal(None)).models[0]


def traced(served: Served, limit: int, **asked: Any) -> Trace:
    return TraceRun(served, TraceRequest(text=TEXT, **asked), limit).trace(lambda _: None)


def test_the_limit_holds_for_the_translation_as_well(tiny_run: Path) -> None:
    served = loaded(tiny_run)
    whole = traced(served, 128).header
    num_tokens = len(served.translator.tokenizer.encode(TEXT))
    assert num_tokens < len(whole.steps)  # the end is counted
    cut = traced(served, num_tokens).header
    assert (len(cut.steps), cut.request.max_length) == (num_tokens, num_tokens)
    assert whole.request.max_length is None  # the model's own settings allow less: it goes on as in Python


def test_a_model_may_be_stricter_than_the_limit(tiny_run: Path) -> None:
    header = traced(loaded(tiny_run, max_length=3), 128).header
    assert (len(header.steps), header.request.max_length) == (3, 3)


def test_without_a_beam_of_its_own_a_trace_costs_that_of_the_model(tiny_run: Path) -> None:
    served = loaded(tiny_run, beam_size=4)
    costs = {size: TraceRun(served, TraceRequest(text=TEXT, beam_size=size), 128).cost for size in (None, 4, 1)}
    assert costs[None] == costs[4] == 4 * costs[1]
    assert traced(served, 128, beam_size=None).header.request.beam_size == 4


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"without_heads": [SECRET]}, r"without_heads has to be a list of heads such as decoder\.1\.cross\.3"),
        ({"without_heads": [f"0.1{SECRET}"]}, "without_heads has to be a list of heads"),
        ({"without_heads": ["0.1\n"]}, "without_heads has to be a list of heads"),
        ({"without_heads": ["encoder.0.cross.1"]}, "without_heads has to be a list of heads"),
        ({"without_heads": ["0." + 40 * "9"]}, "without_heads has to be a list of heads"),
        ({"without_mask": ["padding", SECRET]}, "without_mask has to be a list of masks to leave out, of padding, fut"),
    ],
)
def test_what_is_no_head_and_no_mask_is_refused_without_an_echo(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(Problem, match=sentence) as refused:
        validated({"text": TEXT} | asked, TraceRequest)
    assert refused.value.status == 422
    assert SECRET not in refused.value.sentence


def test_heads_and_masks_are_named_as_in_python(tiny_run: Path) -> None:
    asked = {"without_heads": ["0.1", "encoder.0.self.0", "decoder.0.cross.2"], "without_mask": ["padding", "future"]}
    assert validated({"text": TEXT} | asked, TraceRequest).without_heads == asked["without_heads"]
    interventions = traced(loaded(tiny_run), 128, **asked, target="un deux").header.request.interventions
    assert len(interventions.without_heads) == 3
    assert interventions.without_masks == ("padding", "future")


def test_a_prefix_that_cannot_be_is_refused_without_an_echo(tiny_run: Path) -> None:
    served = loaded(tiny_run, no_repeat_ngram=1, forbidden=("trois",))
    for prefix in ("un un", "trois"):
        with pytest.raises(Problem, match="no translation of this model can begin with that prefix") as refused:
            traced(served, 128, prefix=prefix)
        assert refused.value.status == 422
        assert prefix not in refused.value.sentence
    assert traced(served, 128, prefix="deux").header.translation.text.startswith("deux")
