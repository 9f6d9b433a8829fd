"""Where settings come from: a preset, a file, overrides; each a layer of values that remembers where they stood."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic.fields import FieldInfo

from regard.errors import SettingsError
from regard.settings.expectation import is_optional, takes_text
from regard.settings.preset import preset_tables
from regard.settings.section import Section
from regard.settings.toml import line_of, parse_value, read_toml, toml_value
from regard.settings.whole import Settings

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody gave, and where it stood."""

    value: Any
    where: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of known keys, and what is wrong with the unknown ones."""

    values: dict[Key, Given]
    problems: tuple[str, ...]


def layer_of_preset(name: str, *, num_pairs: int | None) -> Layer:
    """The values a preset gives."""
    try:
        return layer_of_tables(preset_tables(name, num_pairs=num_pairs), lambda *_: f"preset {name}")
    except SettingsError as error:
        return Layer({}, (str(error),))


def layer_of_file(path: Path) -> Layer:
    """The values a TOML file gives, each with its line."""
    try:
        tables, text = read_toml(path)
    except SettingsError as error:
        return Layer({}, (str(error),))

    def where(section: str, key: str) -> str:
        line = line_of(text, section, key)
        return f"{path}, line {line}" if line else str(path)

    return layer_of_tables(tables, where)


def layer_of_tables(tables: Mapping[str, Any], where: Callable[[str, str], str]) -> Layer:
    """The values of nested tables; ``where(section, key)`` says where one stood."""
    values: dict[Key, Given] = {}
    problems: list[str] = []
    for section, table in tables.items():
        if section not in Settings.model_fields:
            problems.append(f"{where('', section)}: {_unknown_section(section)}")
        elif not isinstance(table, Mapping):
            problems.append(f"{where('', section)}: {section} = {shown(table)}; expected a table [{section}]")
        else:
            for key, value in table.items():
                _put(values, problems, section, key, Given(value, where(section, key)))
    return Layer(values, tuple(problems))


def layer_of_overrides(overrides: Sequence[str]) -> Layer:
    """The values of ``section.key=value`` strings; the last of two for one key wins."""
    values: dict[Key, Given] = {}
    problems: list[str] = []
    for override in overrides:
        name, equals, text = override.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot and section and key):
            problems.append(f"override {shown(override)}: {_unreadable_override(name.strip())}")
        elif section not in Settings.model_fields:
            problems.append(f"override: {_unknown_section(section)}")
        else:
            _put(values, problems, section, key, Given(_override_value(section, key, text.strip()), "override"))
    return Layer(values, tuple(problems))


def fields_of(section: str) -> dict[str, FieldInfo]:
    """The keys of a section."""
    kind = Settings.model_fields[section].annotation
    return cast(type[Section], kind).model_fields


def shown(value: Any) -> str:
    """A value as the user wrote it, cut to a readable length."""
    text = toml_value(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _put(values: dict[Key, Given], problems: list[str], section: str, key: str, given: Given) -> None:
    field = fields_of(section).get(key)
    if field is None:
        problems.append(f"{given.where}: {_unknown_key(section, key)}")
    else:
        # TOML has no null, so "none" stands for it; a key whose choices include "none" is never optional.
        off = given.value == "none" and is_optional(field)
        values[section, key] = Given(None, given.where) if off else given


def _override_value(section: str, key: str, text: str) -> Any:
    value = parse_value(text)
    field = fields_of(section).get(key)
    # A language called "no" or a file called 2024 is text even where TOML would read something else.
    return text if field and takes_text(field) and not isinstance(value, str) else value


def _unknown_section(section: str) -> str:
    names = list(Settings.model_fields)
    owners = [f"{name}.{section}" for name in names if section in fields_of(name)]
    close = owners or [f"[{name}]" for name in difflib.get_close_matches(section, names, n=1)]
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(f'[{name}]' for name in names)}"
    return f"unknown section {section}; {hint}"


def _unreadable_override(name: str) -> str:
    hint = next(_suggestions("", name), "such as training.seed=2")
    return f"expected section.key=value; {hint}"


def _unknown_key(section: str, key: str) -> str:
    hint = next(_suggestions(section, key), "see the list of settings in the documentation")
    return f"unknown key {section}.{key}; {hint}"


def _suggestions(section: str, key: str) -> Iterator[str]:
    elsewhere = {f"{name}.{other}": other for name in Settings.model_fields for other in fields_of(name)}
    yield from (f"did you mean {full}?" for full, other in elsewhere.items() if other == key)
    own = fields_of(section) if section else {}
    yield from (f"did you mean {other}?" for other in difflib.get_close_matches(key, own, n=1))
    yield from (f"did you mean {full}?" for full, other in elsewhere.items() if len(key) > 2 and other.startswith(key))
    for close in difflib.get_close_matches(key, elsewhere.values(), n=1):
        yield next(f"did you mean {full}?" for full, other in elsewhere.items() if other == close)
