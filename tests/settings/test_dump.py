"""Settings written out read back equal."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.settings import (
    PRESETS,
    DataSettings,
    Settings,
    TrainingSettings,
    dump_settings,
    load_settings,
    settings_from_json,
    settings_to_json,
)
from regard.settings.toml import parse_value, toml_value


def through_toml(settings: Settings, folder: Path) -> Settings:
    path = folder / "settings.toml"
    path.write_text(dump_settings(settings), encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_round_trip_of_presets(preset: str | None, tmp_path: Path) -> None:
    settings = load_settings(None, ["data.source=a.tsv"], preset=preset)
    assert through_toml(settings, tmp_path) == settings
    assert settings_from_json(settings_to_json(settings), where="x") == settings


def test_what_was_switched_off_stays_off(tmp_path: Path) -> None:
    settings = Settings(training=TrainingSettings(clip_norm=None, ema_decay=None))
    assert 'clip_norm = "none"' in dump_settings(settings)
    assert "max_minutes" not in dump_settings(settings)
    assert through_toml(settings, tmp_path) == settings
    assert settings_from_json(settings_to_json(settings), where="x") == settings


paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda text: text != "none"
)


@given(paths, st.floats(min_value=1e-300, allow_infinity=False), st.integers(0, 2**63 - 1))
def test_round_trip_of_values(tmp_path_factory: pytest.TempPathFactory, path: str, rate: float, seed: int) -> None:
    settings = Settings(data=DataSettings(source=Path(path)), training=TrainingSettings(learning_rate=rate, seed=seed))
    assert through_toml(settings, tmp_path_factory.getbasetemp()) == settings
    assert settings_from_json(settings_to_json(settings), where="x") == settings


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_strings_survive_toml(text: str) -> None:
    assert parse_value(toml_value(text)) == text


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    assert through_toml(Settings(), tmp_path) != Settings(training=TrainingSettings(seed=2))
