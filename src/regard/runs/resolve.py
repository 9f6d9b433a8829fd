"""Settings of a new run: a preset that suits the size of the corpus, or the one that is named."""

from collections.abc import Sequence
from pathlib import Path

from regard.corpus import read_pairs
from regard.runs.data import BUILTIN_SIZE
from regard.settings import DataSettings, Settings, load_settings
from regard.settings.preset import AUTO


def resolve_settings(path: Path | None, overrides: Sequence[str] = (), *, preset: str | None = None) -> Settings:
    """Settings from a TOML file and ``section.key=value`` overrides over a preset; the pairs are counted first.

    Raises:
        SettingsError: anything about the settings is wrong; all of it is listed.
        CorpusError: the pairs cannot be counted.
    """
    name = preset or AUTO
    # Wrong settings are reported before a long file is read.
    checked = load_settings(path, overrides, preset=None if name == AUTO else name)
    return load_settings(path, overrides, preset=name, num_pairs=_count_pairs(checked.data))


def _count_pairs(data: DataSettings) -> int:
    if data.source is None:
        return BUILTIN_SIZE
    return sum(1 for _ in read_pairs(data.source, data.target))
