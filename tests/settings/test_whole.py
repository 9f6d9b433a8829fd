"""Sections that are right alone and wrong together are refused before a run, and read all the same."""

import pytest

from regard.errors import SettingsError
from regard.settings import load_settings, settings_from_json, settings_to_json
from regard.settings.load import refuse_contradictions

LEARNED = ["model.positions=learned", "model.max_length=64"]
SHARDS = ["training.distribution=shards"]
RECURRENT = ["model.kind=recurrent"]
LAYER_DROP = ["model.decoder_layer_drop=0.1"]
LORA = ["training.lora_alpha=32", 'training.lora_matrices=["decoder"]']
MOMENTUM = ["training.muon_momentum=0.9"]
LATE = ["training.consistency_from=0.5"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (LEARNED, r"data.max_tokens = 250 lets .* enough for 63 tokens .* or raise model.max_length to 251"),
        ([*LEARNED, "data.max_tokens=64"], "lower data.max_tokens to that"),
        ([*SHARDS, *RECURRENT], "layers of a Transformer, but model.kind = 'recurrent'; train it with 'replicas'"),
        ([*SHARDS, *LAYER_DROP], "model.decoder_layer_drop = 0.1 leaves out other layers in each process"),
        (LORA[:1], r"training.lora_alpha means nothing without LoRA: give training.lora_rank too, or leave it out"),
        (LORA, r"training.lora_alpha, training.lora_matrices mean nothing without LoRA"),
        (MOMENTUM, r"training.muon_momentum means nothing without Muon: give training.optimizer = 'muon' too"),
        (LATE, r"training.consistency_from means nothing without R-Drop: give training.consistency too"),
        ([*LORA, *MOMENTUM, *LATE], r"the settings have 3 problems:\n- training.lora_alpha"),
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
        [*LORA, "training.lora_rank=2", "training.init=model"],
        [*MOMENTUM, "training.optimizer=muon"],
        [*LATE, "training.consistency=5"],
        ["training.lora_alpha=16", "training.muon_momentum=0.95", "training.consistency_from=0"],  # as without them
    ],
)
def test_what_a_run_can_do_is_not(overrides: list[str]) -> None:
    refuse_contradictions(load_settings(None, overrides))


def test_a_model_with_such_settings_can_still_be_read() -> None:
    settings = load_settings(None, [*LEARNED, *SHARDS, *LAYER_DROP, *LORA, *MOMENTUM, *LATE])
    assert settings_from_json(settings_to_json(settings), where="config.json") == settings
