"""Says in words what a settings key accepts: "a whole number, at least 1", "one of "pre", "post""."""

from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

_NAMES: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    Path: "a path in quotes",
}


def expectation(field: FieldInfo) -> str:
    """What a key accepts, in words a user can act on."""
    words = [_name(plain_type(field), field), *_bounds(field.metadata)]
    if is_optional(field):
        words.append('or "none"')
    return ", ".join(words)


def is_optional(field: FieldInfo) -> bool:
    """Whether the key may be switched off with "none"."""
    return NoneType in _members(field.annotation)


def takes_text(field: FieldInfo) -> bool:
    """Whether the key's values are strings, so that an unquoted word on the command line is one."""
    kind = plain_type(field)
    return kind in (str, Path) or get_origin(kind) is Literal


def plain_type(field: FieldInfo) -> Any:
    """The type of a key without ``None`` and annotations."""
    return next(_unwrapped(member) for member in _members(field.annotation) if member is not NoneType)


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _unwrapped(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _name(kind: Any, field: FieldInfo) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list such as {list(field.examples or field.default)}"
    if field.examples:
        return "text such as " + ", ".join(f'"{example}"' for example in field.examples)
    return _NAMES[kind]


def _bounds(metadata: list[Any]) -> list[str]:
    words = {
        annotated_types.Ge: ("ge", "at least"),
        annotated_types.Gt: ("gt", "above"),
        annotated_types.Le: ("le", "at most"),
        annotated_types.Lt: ("lt", "below"),
    }
    found = [(words[type(item)], item) for item in metadata if type(item) in words]
    return [f"{word} {getattr(item, name)}" for (name, word), item in found]
