"""Sections that are right alone and wrong together are refused before a run, and read all the same."""

import pytest

from regard.errors import SettingsError
from regard.settings import load_settings, settings_from_json, settings_to_json
from regard.settings.load import refuse_contradictions

LEARNED = ["model.positions=learned", "model.max_length=64"]
SHARDS = ["training.distribution=shards"]
RECURRENT = ["model.kind=recurrent"]
LAYER_DROP = ["model.decoder_layer_drop=0.1"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (LEARNED, r"data.max_tokens = 250 lets .* enough for 63 tokens .* or raise model.max_length to 251"),
        ([*LEARNED, "data.max_tokens=64"], "lower data.max_tokens to that"),
        ([*SHARDS, *RECURRENT], "layers of a Transformer, but model.kind = 'recurrent'; train it with 'replicas'"),
        ([*SHARDS, *LAYER_DROP], "model.decoder_layer_drop = 0.1 leaves out other layers in each process"),
        ([*LEARNED, *SHARDS, *LAYER_DROP], r"the settings have 2 problems:\n- data.max_tokens .*\n- model.decoder_lay"),
    ],
)
def test_what_no_run_can_do_is_refused(overrides: list[str], message: str) -> None:
    settings = load_settings(None, overrides)
    with pytest.raises(SettingsError, match=message):
        refuse_contradictions(settings)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        [*LEARNED, "data.max_tokens=63"],
        ["model.positions=learned"],
        ["model.max_length=64"],  # a formula has a vector for every position
        SHARDS,
        RECURRENT,
        LAYER_DROP,
    ],
)
def test_what_a_run_can_do_is_not(overrides: list[str]) -> None:
    refuse_contradictions(load_settings(None, overrides))


def test_a_model_with_such_settings_can_still_be_read() -> None:
    settings = load_settings(None, [*LEARNED, *SHARDS, *LAYER_DROP])
    assert settings_from_json(settings_to_json(settings), where="config.json") == settings
