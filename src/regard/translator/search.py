"""The settings of one search: the model's own, changed by what the caller gives."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from regard.errors import SettingsError
from regard.settings import DecodingSettings, settings_from_json
from regard.text.shortlist import Shortlist


def search_settings(own: DecodingSettings, options: Mapping[str, object]) -> DecodingSettings:
    """The model's settings with the given ones in place; None leaves a setting as it is.

    Raises:
        SettingsError: a value has the wrong type or is out of range, or values do not fit together; all are listed.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if not given:
        return own
    # Through the same door as a model's own settings: one set of rules, one kind of message. What JSON does not have
    # arrives as text, which no setting of a search accepts.
    tables = {"decoding": {**own.model_dump(mode="json"), **{name: _in_json(value) for name, value in given.items()}}}
    return settings_from_json(json.dumps(tables, default=repr), where="the options of this call").decoding


def asked_shortlist(settings: DecodingSettings, own: Shortlist | None) -> Shortlist | None:
    """The model's shortlist, if the settings ask for one.

    Raises:
        SettingsError: the model has none.
    """
    if not settings.shortlist:
        return None
    if own is None:
        raise SettingsError("shortlist is asked for, but the model has none; `regard shortlist MODEL` learns one")
    return own


def _in_json(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
