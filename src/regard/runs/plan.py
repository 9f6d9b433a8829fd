"""What a new run is made from: settings that suit the corpus, and the corpus, read once for both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regard.errors import SettingsError
from regard.runs.beginning import Beginning
from regard.runs.data import RunData, read_data
from regard.runs.watching import Watch, unwatched
from regard.settings import Settings, Start, load_settings, model_to_go_on_from
from regard.settings.load import refuse_contradictions
from regard.settings.preset import AUTO


@final
@dataclass(frozen=True)
class Plan:
    """Settings and pairs of a run that has not begun."""

    settings: Settings
    data: RunData


def plan_run(
    path: Path | None, overrides: Sequence[str] = (), *, preset: str | None = None, watch: Watch = unwatched
) -> Plan:
    """Settings from a TOML file and ``section.key=value`` overrides over a preset, and the pairs they name.

    The pairs are read and checked before the preset is chosen, because ``auto`` depends on how many there are.
    ``watch`` is told how far preparing a large corpus has come, here and later.

    With ``training.init``, the model it names takes the place of a preset.

    Raises:
        SettingsError: anything about the settings is wrong; all of it is listed.
        BundleError: there is no such model to go on from.
        CorpusError: the pairs cannot be read, or their sides seem shifted.
    """
    start = _start(model_to_go_on_from(path, overrides), preset)
    name = None if start else preset or AUTO
    # Wrong settings are reported before a long file is read.
    checked = load_settings(path, overrides, preset=None if name == AUTO else name, start=start)
    refuse_contradictions(checked)
    data = read_data(checked.data, watch=watch)
    return Plan(load_settings(path, overrides, preset=name, num_pairs=data.num_read, start=start), data)


def _start(init: Path | None, preset: str | None) -> Start | None:
    beginning = Beginning.named(init)
    if beginning is not None and preset is not None:
        raise SettingsError(
            f"preset {preset} shapes a new network, but training is to go on from {beginning.start.name}; "
            "leave one of them out"
        )
    return None if beginning is None else beginning.start


def resolve_settings(path: Path | None, overrides: Sequence[str] = (), *, preset: str | None = None) -> Settings:
    """The settings of ``plan_run`` alone.

    Raises:
        SettingsError: anything about the settings is wrong; all of it is listed.
        CorpusError: the pairs cannot be read, or their sides seem shifted.
    """
    return plan_run(path, overrides, preset=preset).settings
