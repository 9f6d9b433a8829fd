"""Makes one script of the picture modules, for a page that must stand alone.

The modules are written so that this is simple: every import is one line ``import { a, b } from "./file.js";``, and what
is exported is declared where it is exported. Each module becomes a function of its own, called once, after those that
it imports; so names that are not exported never meet.
"""

import re
from collections.abc import Callable
from typing import Final

_IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)
_OTHER: Final = re.compile(r"^.*(?:^(?:import|export)\b|\bimport\s*\(|</script|<!--).*$", re.MULTILINE)


def one_script(entry: str, read: Callable[[str], str]) -> str:
    """The module ``entry`` and everything it imports as one module that imports nothing.

    ``read`` gives the text of a module by its file name.

    Raises:
        ValueError: a module imports in a circle, or is not written as described above.
    """
    texts: dict[str, str] = {}
    _collect(entry, read, texts, path=())
    return "".join(_as_function(name, text) for name, text in texts.items())


def _collect(name: str, read: Callable[[str], str], texts: dict[str, str], *, path: tuple[str, ...]) -> None:
    """Adds a module behind everything it imports."""
    if name in path:
        raise ValueError(f"modules import each other in a circle: {' → '.join([*path, name])}")
    if name in texts:
        return
    text = read(name)
    for _, imported in _IMPORT.findall(text):
        _collect(imported, read, texts, path=(*path, name))
    texts[name] = text


def _as_function(name: str, text: str) -> str:
    exports = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: f"const {{ {found[1]} }} = {_variable(found[2])};\n", text))
    other = _OTHER.search(body)
    if other is not None:
        raise ValueError(f"{name} cannot be put into a page: {other[0]!r}")
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name)
