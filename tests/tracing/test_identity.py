"""Many sentences, on the paths that translating takes by itself: the same tokens with and without recording.

The long form, 500 sentences with trained models: ``make verify TARGET=recording``, figures in benchmarks/recorded.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "tests" / "data" / "builtin_sample.tsv").read_text(encoding="utf-8").split("\n")
SENTENCES = [line.split("\t")[1] for line in SAMPLE[:-1:17]][:6]


@pytest.mark.parametrize("beam_size", [1, 5])
def test_recorded_translations_are_the_translations(make_translator: Callable[..., Translator], beam_size: int) -> None:
    translator = make_translator(model_dim=32, noise=0.3)
    found = set()
    for sentence in SENTENCES:
        alone = translator.translate(sentence, beam_size=beam_size)
        trace = translator.explain(sentence, beam_size=beam_size)
        assert tuple(token.piece for token in trace.tokens.target_out if token.kind != "eos") == alone.tokens
        assert trace.translation.score == pytest.approx(alone.score, abs=1e-5)
        assert not trace.failed
        found.add(alone.tokens)
    assert len(found) > 1, "the model must not say one thing"


def test_the_recorded_figures_show_it() -> None:
    """What the long form measured, as committed: every sentence the same, or nearer than the published margin."""
    record = json.loads((ROOT / "benchmarks" / "recorded" / "recording_identity.json").read_text(encoding="utf-8"))
    results = [result for model in record["models"] for result in model["results"].values()]
    assert len(results) >= 4
    for result in results:
        assert result["sentences"] == 500
        assert result["identical"] + len(result["margins_of_the_others"]) == 500
        assert all(margin <= record["margin"] for margin in result["margins_of_the_others"])
        assert result["failed_checks"] == {}


def test_the_recorded_costs_meet_the_goals() -> None:
    record = json.loads((ROOT / "benchmarks" / "recorded" / "recording_cost.json").read_text(encoding="utf-8"))
    for model in record["models"]:
        for beam_size in (1, 5):
            assert model[f"tracing, beam {beam_size}"]["traced_seconds_median"] < 1
            not_tracing = model[f"not tracing, beam {beam_size}"]
            assert not_tracing["pairs"] >= 15
            assert not_tracing["ratio_of_medians"] >= 0.95
