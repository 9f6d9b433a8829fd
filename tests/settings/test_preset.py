"""Presets: complete, loadable, chosen by corpus size."""

import pytest

from regard.errors import SettingsError
from regard.settings import AUTO, PRESETS, Settings, load_settings, preset_for


def test_small_is_the_model_of_the_benchmarks() -> None:
    small = load_settings(None, preset="small")
    model = small.model
    assert (model.model_dim, model.num_heads, model.feedforward_dim) == (256, 4, 1024)
    assert (model.encoder_layers, model.decoder_layers, model.norm, model.dropout) == (3, 3, "pre", 0.3)
    assert small.text.vocab_size == 8000


def test_marian_is_the_network_of_hugging_face() -> None:
    model = load_settings(None, preset="marian").model
    assert (model.norm, model.positions, model.feedforward) == ("post", "sinusoidal-halves", "swish")
    assert (model.tied_embeddings, model.scale_embeddings, model.output_bias) == ("all", True, True)


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "recurrent"])
def test_presets_stay_inside_what_ctranslate2_runs(name: str) -> None:
    model = load_settings(None, preset=name).model
    assert model.feedforward in {"relu", "gelu", "swish", "swiglu"}
    assert model.positions.startswith("sinusoidal") or model.positions == "learned"
    assert all((model.future_mask, model.padding_mask, model.scale_scores)), "no preset uses an experiment"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_the_keys_that_make_them(name: str) -> None:
    width = "state_dim" if name == "recurrent" else "feedforward_dim"
    assert {"model_dim", "num_heads", width, "dropout"} <= set(PRESETS[name]["model"])
    assert load_settings(None, preset=name) != Settings()


@pytest.mark.parametrize(
    ("num_pairs", "name", "vocab_size", "dropout"),
    [
        (50, "tiny", 1000, 0.3),
        (500, "tiny", 1000, 0.3),
        (2_000, "tiny", 2000, 0.3),
        (5_000, "tiny", 4000, 0.3),
        (29_000, "small", 8000, 0.3),
        (230_000, "small", 8000, 0.1),
        (2_000_000, "base", 16000, 0.1),
    ],
)
def test_auto_follows_the_size_of_the_corpus(num_pairs: int, name: str, vocab_size: int, dropout: float) -> None:
    settings = load_settings(None, preset=AUTO, num_pairs=num_pairs)
    assert preset_for(num_pairs) == name
    assert settings.model.model_dim == PRESETS[name]["model"]["model_dim"]
    assert (settings.text.vocab_size, settings.model.dropout) == (vocab_size, dropout)


@pytest.mark.parametrize(
    ("name", "num_pairs", "dropout"),
    [("small", 29_000, 0.3), ("small", 173_483, 0.1), ("tiny", 3_000, 0.3), ("tiny", 173_483, 0.1), ("base", 500, 0.1)],
)
def test_a_named_preset_takes_the_dropout_auto_would_give_it(name: str, num_pairs: int, dropout: float) -> None:
    settings = load_settings(None, preset=name, num_pairs=num_pairs)
    assert settings.model.dropout == dropout
    assert settings.text.vocab_size == PRESETS[name]["text"]["vocab_size"]


def test_auto_never_shrinks_with_more_pairs() -> None:
    sizes = [100, 500, 1999, 2000, 4999, 5000, 19_999, 20_000, 99_999, 100_000, 499_999, 500_000, 10**9]
    chosen = [load_settings(None, preset=AUTO, num_pairs=size) for size in sizes]
    capacity = [(each.model.model_dim, each.text.vocab_size, -each.model.dropout) for each in chosen]
    assert capacity == sorted(capacity)


def test_unknown_presets_are_refused_with_the_list() -> None:
    with pytest.raises(SettingsError, match=r"unknown preset 'small2'; did you mean small\? \(there are auto, tiny"):
        load_settings(None, preset="small2")
    with pytest.raises(
        SettingsError, match=r"unknown preset 'zzz' \(there are auto, tiny, small, base, marian, recurrent\)"
    ):
        load_settings(None, preset="zzz")
    with pytest.raises(SettingsError, match="preset 'auto' needs the number of training pairs"):
        load_settings(None, preset=AUTO)
