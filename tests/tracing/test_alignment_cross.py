import numpy as np
import pytest
import torch

from regard.batches.rectangle import rectangle
from regard.errors import InputError, ShapeError
from regard.models import build_model
from regard.settings import load_settings
from regard.text import BOS, EOS, Tokenizer
from regard.tracing.alignment import cross_attention
from regard.tracing.alignment.tables import WordedPair, word_tables

SIZES = ["model.model_dim=16", "model.num_heads=2", "model.feedforward_dim=32", "model.encoder_layers=1"]


def built(*changes):
    settings = load_settings(None, [*SIZES, "model.decoder_layers=2", *changes], preset="tiny")
    return build_model(settings.model, 310, seed=0).eval()


@pytest.fixture(scope="module")
def model():
    return built()


def test_shapes_and_order(model):
    sources, targets = [[300 - 40, 270], [], [280] * 7], [[290], [291], [292, 293, 294]]
    found = cross_attention(model, sources, targets)
    assert [each.shape for each in found] == [(2, 2, 2, 3), (0, 0, 2, 1), (2, 2, 4, 8)]


def test_a_pair_reads_the_same_alone_and_in_company(model):
    sources, targets = [[260, 270], [280] * 7], [[290], [291, 292, 293]]
    together = cross_attention(model, sources, targets)
    for pair in range(2):
        alone = cross_attention(model, [sources[pair]], [targets[pair]])[0]
        assert np.allclose(alone, together[pair], atol=1e-6)


def test_it_is_weight_times_length_of_the_value(model):
    seen = []

    class Watch:
        def admit(self, view):
            return view

        def saw(self, attended):
            seen.append(attended)

    core = model.attentions()["decoder.1.cross"]
    path, core.witness, core.path = core.path, Watch(), "plain"
    try:
        source, target = rectangle([[260, 270, EOS]]), rectangle([[BOS, 290]])
        with torch.inference_mode():
            model.features(*source, *target)
    finally:
        core.witness, core.path = None, path
    expected = seen[0].steps.weights * seen[0].values.norm(dim=-1)[:, :, None]
    assert np.allclose(cross_attention(model, [[260, 270]], [[290]])[0][1], expected[0].numpy(), atol=1e-6)


def test_reading_leaves_the_model_alone(model):
    cross_attention(model, [[260]], [[290]])
    assert all(core.witness is None for core in model.attentions().values())


def test_the_recurrent_network_is_read_too():
    cross = cross_attention(built("model.kind=recurrent"), [[260, 270], [265]], [[290, 291], [292]])
    assert [each.shape[2:] for each in cross] == [(3, 3), (2, 2)]
    assert all((each >= 0).all() for each in cross)


def test_each_source_needs_a_target(model):
    with pytest.raises(ShapeError, match="2 sources and 1 targets are given; each source needs one target"):
        cross_attention(model, [[260], [261]], [[290]])


def test_a_model_that_does_not_look_at_its_source(model, monkeypatch):
    monkeypatch.setattr(type(model), "attentions", lambda self: {})
    with pytest.raises(InputError, match="does not attend to the source, so there is no alignment to read"):
        cross_attention(model, [[260]], [[290]])


def test_tables_of_words(model):
    tokenizer = Tokenizer.train(["the fluffy cat sleeps", "le chat dort"] * 3, vocab_size=310)
    pairs = [WordedPair.spaced("the fluffy cat", "le chat"), WordedPair.spaced("", "le"), WordedPair.spaced("cat", "")]
    tables = word_tables(model, tokenizer, pairs)
    assert [table[0].shape for table in tables] == [(2, 2, 2, 3), (0, 0, 1, 0), (2, 2, 0, 1)]
    ids = [tokenizer.encode(text) for text in ("the fluffy cat", "le chat")]
    cross = cross_attention(model, [ids[0]], [ids[1]])[0]
    # What a row gives to all source words is what it gives to all source pieces.
    of_words = next(place for place in range(len(ids[1])) if tokenizer.decode(ids[1][: place + 1]) == "le") + 1
    expected = cross[0, 0, :of_words, : len(ids[0])].sum(axis=1).mean()
    assert tables[0][0][0, 0, 0].sum() == pytest.approx(expected, rel=1e-5)
    later = cross[0, 0, 1 : of_words + 1, : len(ids[0])].sum(axis=1).mean()
    assert tables[0][1][0, 0, 0].sum() == pytest.approx(later, rel=1e-5)
