"""Regard trains Transformer translators, runs them, and shows what their attention does.

Nothing heavy is imported here: a name is fetched from its room when it is first used, so that ``import regard`` takes
milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from regard.version import __version__

if TYPE_CHECKING:
    from regard.errors import RegardError
    from regard.runs import train
    from regard.translator import Translation, Translator, load

__all__ = ["RegardError", "Translation", "Translator", "__version__", "load", "train"]

_ROOMS = {
    "RegardError": "regard.errors",
    "Translation": "regard.translator",
    "Translator": "regard.translator",
    "load": "regard.translator",
    "train": "regard.runs",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'regard' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
