"""TOML in and out, as far as settings need it: tables one level deep, and where in a file a key stands."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Final

from regard.errors import SettingsError
from regard.text_file import read_text_file

MOST_MEBIBYTES: Final = 1


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The tables of a file, and its text.

    Raises:
        SettingsError: the file is missing, too big, not UTF-8 or not TOML.
    """
    text = read_text_file(path, what="settings file", most_mebibytes=MOST_MEBIBYTES, error=SettingsError)
    try:
        return tomllib.loads(text), text
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{path} is not TOML: {error}; expected lines such as `seed = 1` under `[training]`"
        ) from None


def write_toml(tables: dict[str, dict[str, Any]]) -> str:
    """Tables of plain values as TOML."""
    return "\n".join(_write_table(name, values) for name, values in tables.items() if values)


def toml_value(value: Any) -> str:
    """One value as TOML writes it: strings quoted, lists in brackets."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value)


def parse_value(text: str) -> Any:
    """What TOML reads in ``text``, or the text itself where that is not one TOML value."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


def line_of(text: str, section: str, key: str) -> int | None:
    """The line, counted from 1, on which a file gives a key; None where it is not written the usual way.

    With an empty section: where the table ``[key]`` or the key itself begins.
    """
    if '"""' in text or "'''" in text:
        return None
    current = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            current = header[1]
            if (section, key) == ("", current):
                return number
        written = re.match(r"\s*([\w-]+(?:\s*\.\s*[\w-]+)?)\s*=", line)
        if written and _matches(current, re.sub(r"\s", "", written[1]), section, key):
            return number
    return None


def _matches(current: str, written: str, section: str, key: str) -> bool:
    return (current, written) == (section, key) or (current, written) == ("", f"{section}.{key}")


def _write_table(name: str, values: dict[str, Any]) -> str:
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])
