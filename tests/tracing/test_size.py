import tracemalloc

import pytest

from regard.errors import TraceError
from regard.models import build_model
from regard.settings import DecodingSettings, load_settings
from regard.text import Tokenizer
from regard.tracing import ModelFacts, Request
from regard.tracing.compose import record_trace
from regard.tracing.plan import Plan
from regard.tracing.size import MOST_BYTES, estimate_size, refuse_too_large

SIZES = ("model.model_dim=64", "model.num_heads=8", "model.feedforward_dim=32")


def built(*changes):
    layers = ("model.encoder_layers=2", "model.decoder_layers=2")
    settings = load_settings(None, [*SIZES, *layers, *changes], preset="tiny")
    return build_model(settings.model, 310, seed=0).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def model():
    return built()


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["the fluffy cat sleeps", "le chat dort"] * 3, vocab_size=310)


def planned(tokenizer, length, *, beam_size=1, **changes):
    """As many letters as there shall be tokens, and one more token for the space in front."""
    search = DecodingSettings(beam_size=beam_size, max_length=length)
    return Plan(source=tuple(tokenizer.encode("z" * (length - 1))), search=search, **changes)


def recorded(model, tokenizer, plan):
    facts = ModelFacts(
        name="made",
        source_language="en",
        target_language="fr",
        encoder_layers=2,
        decoder_layers=2,
        num_heads=8,
        model_dim=64,
        head_dim=8,
        feedforward_dim=32,
        vocab_size=310,
        norm="pre",
        positions="sinusoidal",
        dtype="float32",
    )
    request = Request(text="z" * (len(plan.source) - 1), decoding="greedy")
    return record_trace(model, tokenizer, plan, facts=facts, request=request)


@pytest.mark.parametrize("changes", [{}, {"source_width": 20}, {"layers": (1, 1)}], ids=["all", "padded", "one layer"])
def test_the_arrays_have_just_the_size_that_was_said(model, tokenizer, changes):
    plan = planned(tokenizer, 12, target=tuple(range(262, 272)), **changes)
    trace = recorded(model, tokenizer, plan)
    arrays = [tensor for name, tensor in trace.tensors.items() if not name.startswith("positions/")]
    assert sum(array.nbytes for array in arrays) == estimate_size(plan, model).tensor_bytes


def test_one_mask_per_kind_is_what_a_model_has(model, tokenizer):
    plan = planned(tokenizer, 12)
    estimate = estimate_size(plan, model)
    assert (estimate.num_attentions, estimate.num_heads) == (6, 8)
    assert (estimate.num_source_tokens, estimate.num_target_tokens) == (13, 12)


def test_memory_and_file_stay_within_what_was_said(model, tokenizer, tmp_path):
    plan = planned(tokenizer, 20, beam_size=4)
    estimate = estimate_size(plan, model)
    recorded(model, tokenizer, planned(tokenizer, 3))  # what is loaded once is not counted
    tracemalloc.start()
    trace = recorded(model, tokenizer, plan)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(trace.steps) == 20, "a model of random weights does not end by itself"
    assert 0.4 * estimate.recording_bytes <= peak <= estimate.recording_bytes
    trace.save(tmp_path / "a.trace.zip")
    size = (tmp_path / "a.trace.zip").stat().st_size
    assert 0.6 * estimate.file_bytes <= size <= estimate.file_bytes


def test_the_recurrent_network_has_one_attention(tokenizer):
    estimate = estimate_size(planned(tokenizer, 12), built("model.kind=recurrent"))
    assert (estimate.num_attentions, estimate.num_heads) == (1, 8)


def test_it_reads_as_a_line(model, tokenizer):
    assert str(estimate_size(planned(tokenizer, 150), model)) == (
        "6 attentions of 8 heads over 151 source tokens and up to 150 target tokens: at most 42 MB of memory while "
        "recording, a file of at most 10 MB"
    )


def test_at_the_limit_and_above(model, tokenizer):
    estimate = estimate_size(planned(tokenizer, 12), model)
    refuse_too_large(estimate, most_bytes=estimate.recording_bytes)
    message = (
        r"too large to be recorded: 6 attentions of 8 heads over 13 source tokens .* allowed are 1 MB\. "
        r"Keep fewer layers \(layers=\(0, 0\), on the command line --layers 0\)"
    )
    with pytest.raises(TraceError, match=message):
        refuse_too_large(estimate, most_bytes=estimate.recording_bytes - 1)


def test_150_tokens_of_six_layers_and_eight_heads_fit_and_fewer_layers_take_less():
    model = built("model.encoder_layers=6", "model.decoder_layers=6", "model.model_dim=512")
    search = DecodingSettings()
    everything, one = (
        estimate_size(Plan(source=tuple(range(150)), search=search, layers=layers), model) for layers in (None, (5, 5))
    )
    assert everything.num_attentions == 18
    assert one.num_attentions == 3
    assert one.recording_bytes < everything.recording_bytes / 5
    assert everything.recording_bytes < MOST_BYTES
    with pytest.raises(TraceError, match="too large to be recorded"):
        refuse_too_large(estimate_size(Plan(source=tuple(range(800)), search=search), model))


def test_nothing_is_computed_where_it_is_refused(model, tokenizer, monkeypatch):
    monkeypatch.setattr("regard.tracing.record.twin_of", lambda model: pytest.fail("the model was touched"))
    monkeypatch.setattr("regard.tracing.record.refuse_too_large", lambda size: refuse_too_large(size, most_bytes=10))
    with pytest.raises(TraceError, match="too large to be recorded"):
        recorded(model, tokenizer, planned(tokenizer, 12))
