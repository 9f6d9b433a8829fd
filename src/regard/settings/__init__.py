"""The settings room: strict configuration, from defaults, presets, TOML files and overrides.

Enters: a TOML file, ``section.key=value`` strings, a preset's name. Leaves: an immutable ``Settings``, or one
``SettingsError`` that lists everything wrong. Must not know: torch, and what any setting does to a network.
"""

from regard.settings.data import DataSettings, TextSettings
from regard.settings.decoding import DecodingSettings
from regard.settings.dump import dump_settings, settings_to_json
from regard.settings.load import load_settings, model_to_go_on_from, settings_from_json
from regard.settings.model import ModelSettings
from regard.settings.preset import AUTO, PRESETS, preset_for
from regard.settings.start import Start
from regard.settings.training import TrainingSettings
from regard.settings.whole import Settings

__all__ = [
    "AUTO",
    "PRESETS",
    "DataSettings",
    "DecodingSettings",
    "ModelSettings",
    "Settings",
    "Start",
    "TextSettings",
    "TrainingSettings",
    "dump_settings",
    "load_settings",
    "model_to_go_on_from",
    "preset_for",
    "settings_from_json",
    "settings_to_json",
]
