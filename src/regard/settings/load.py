"""Settings from layers: defaults, then a preset, then a file, then overrides; all that is wrong is said at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from regard.errors import SettingsError
from regard.settings.expectation import expectation
from regard.settings.layer import (
    Given,
    Key,
    Layer,
    fields_of,
    layer_of_file,
    layer_of_overrides,
    layer_of_preset,
    layer_of_tables,
    shown,
)
from regard.settings.section import Conflict
from regard.settings.start import Start
from regard.settings.whole import Settings

Values = dict[Key, Given]


def load_settings(
    path: Path | None,
    overrides: Sequence[str] = (),
    *,
    preset: str | None = None,
    num_pairs: int | None = None,
    start: Start | None = None,
) -> Settings:
    """Settings from a TOML file and ``section.key=value`` overrides, over a preset, over the defaults.

    Args:
        path: a TOML file, or None.
        overrides: each ``section.key=value``; the value is read as TOML, or else taken as text.
        preset: a preset's name, or ``auto``.
        num_pairs: how many training pairs there are; only ``auto`` needs it, and ``start`` uses it.
        start: a model to go on from. It takes the place of a preset, and may not be contradicted.

    Raises:
        SettingsError: the file is unreadable or not TOML, there is no such preset, or values are wrong. Every unknown
            key, wrong value and conflict is listed, with where it stood.
    """
    below = [] if preset is None else [layer_of_preset(preset, num_pairs=num_pairs)]
    given = [] if path is None else [layer_of_file(path)]
    given.append(layer_of_overrides(overrides))
    if start is not None:
        below.append(start.layer(num_pairs=num_pairs))
        given = [Layer(one.values, (*one.problems, *start.contradictions(one.values))) for one in given]
    return _settings_from([*below, *given])


def model_to_go_on_from(path: Path | None, overrides: Sequence[str] = ()) -> Path | None:
    """What ``training.init`` is, before anything else is checked: that needs to know the model."""
    layers = ([] if path is None else [layer_of_file(path)]) + [layer_of_overrides(overrides)]
    values = [layer.values["training", "init"].value for layer in layers if ("training", "init") in layer.values]
    return Path(values[-1]) if values and isinstance(values[-1], str) else None


def settings_from_json(text: str | bytes, *, where: str) -> Settings:
    """Settings from the JSON that ``settings_to_json`` writes; ``where`` names its file in messages.

    Raises:
        SettingsError: the text is not JSON, or values are wrong; every problem is listed.
    """
    try:
        tables = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{where} is not JSON: {error}") from None
    if not isinstance(tables, dict):
        raise SettingsError(f"{where} must hold a JSON object of sections, but holds {shown(tables)}")
    return _settings_from([layer_of_tables(tables, lambda *_: where)])


def refuse_contradictions(settings: Settings) -> None:
    """Refuses, before a run begins, sections that are right alone and wrong together.

    Raises:
        SettingsError: there are such; all of them are listed.
    """
    if problems := list(settings.contradictions()):
        raise SettingsError(_listed(problems))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _settings_from(layers: Sequence[Layer]) -> Settings:
    problems = [problem for layer in layers for problem in layer.problems]
    values: Values = {}
    for layer in layers:
        values.update(layer.values)
    settings = _validated(values, problems)
    if settings is None or problems:
        raise SettingsError(_listed(problems))
    return settings


def _listed(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return "\n- ".join([f"the settings have {len(problems)} problems:", *problems])


def _validated(values: Values, problems: list[str]) -> Settings | None:
    """Settings, or None and the problems.

    Pydantic checks a rule between keys only once every key is right. So that a user sees both at once, what is wrong
    is put back to its default and the rest is checked again; rules that involve such a key are not reported.
    """
    wrong: set[Key] = set()
    while True:
        try:
            settings = Settings.model_validate(_nested({key: values[key] for key in values if key not in wrong}))
            return None if wrong else settings
        except ValidationError as error:
            found = list(_findings(error.errors(include_url=False), values))
        problems.extend(text for keys, text in found if not wrong.intersection(keys))
        newly = {key for keys, _ in found for key in keys} - wrong
        if not newly:
            return None
        wrong |= newly


def _nested(values: Mapping[Key, Given]) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {section: {} for section, _ in values}
    for (section, key), given in values.items():
        tables[section][key] = given.value
    return tables


def _findings(errors: Sequence[ErrorDetails], values: Values) -> Iterator[tuple[tuple[Key, ...], str]]:
    """(keys involved, what to tell the user) for everything pydantic found, a key once."""
    seen: set[Key] = set()
    for error in errors:
        if error["type"] == "conflict":
            yield from (_conflict_finding(str(error["loc"][0]), each, values) for each in error["ctx"]["conflicts"])
            continue
        key = (str(error["loc"][0]), str(error["loc"][1]))
        if key not in seen:
            seen.add(key)
            yield (key,), _wrong_value(key, values[key])


def _wrong_value(key: Key, given: Given) -> str:
    section, name = key
    expected = expectation(fields_of(section)[name])
    return f"{given.where}: {section}.{name} = {shown(given.value)}; expected {expected}"


def _conflict_finding(section: str, conflict: Conflict, values: Values) -> tuple[tuple[Key, ...], str]:
    keys = tuple((section, key) for key in conflict.keys)
    where = next((values[key].where for key in keys if key in values), "the settings")
    return keys, f"{where}: in [{section}], {conflict.message}"
