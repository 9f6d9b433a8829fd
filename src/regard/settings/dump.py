"""Settings written out: as TOML for people, as JSON for a model folder. Both read back to equal settings."""

import json
from pathlib import Path
from typing import Any

from regard.settings.layer import fields_of
from regard.settings.toml import write_toml
from regard.settings.whole import Settings


def dump_settings(settings: Settings) -> str:
    """Every setting as TOML, ready for ``load_settings``.

    TOML has no null: a key that is off by default is left out, one that was switched off is written ``"none"``.
    """
    return write_toml({section: _writable(section, table) for section, table in _tables(settings).items()})


def settings_to_json(settings: Settings) -> str:
    """Every setting as JSON, ready for ``settings_from_json``."""
    return json.dumps(_tables(settings), indent=2, ensure_ascii=False) + "\n"


def _tables(settings: Settings) -> dict[str, dict[str, Any]]:
    return {
        section: {key: str(value) if isinstance(value, Path) else value for key, value in table.items()}
        for section, table in settings.model_dump().items()
    }


def _writable(section: str, table: dict[str, Any]) -> dict[str, Any]:
    fields = fields_of(section)
    kept = {key: value for key, value in table.items() if value is not None or fields[key].default is not None}
    return {key: "none" if value is None else value for key, value in kept.items()}
