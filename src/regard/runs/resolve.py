"""Settings of a new run: a preset chosen by the size of the corpus, unless one is named."""

from collections.abc import Sequence
from pathlib import Path

from regard.corpus import read_pairs
from regard.runs.data import BUILTIN_SIZE
from regard.settings import DataSettings, Settings, load_settings
from regard.settings.preset import AUTO


def resolve_settings(path: Path | None, overrides: Sequence[str] = (), *, preset: str | None = None) -> Settings:
    """Settings from a TOML file and ``section.key=value`` overrides over a preset; ``auto`` counts the pairs first.

    Raises:
        SettingsError: anything about the settings is wrong; all of it is listed.
        CorpusError: the pairs cannot be counted.
    """
    name = preset or AUTO
    if name != AUTO:
        return load_settings(path, overrides, preset=name)
    data = load_settings(path, overrides).data  # wrong settings are reported before a long file is read
    return load_settings(path, overrides, preset=AUTO, num_pairs=_count_pairs(data))


def _count_pairs(data: DataSettings) -> int:
    if data.source is None:
        return BUILTIN_SIZE
    return sum(1 for _ in read_pairs(data.source, data.target))
