"""What a browser draws a trace with: plain ES modules and one style sheet, without a build step.

Enters: the header of a trace, its masks and the numbers of one head at a time (``trace.js`` describes the source that
gives them). Leaves: pictures, tables and sentences. Must not know: where a trace comes from, any address, how the
numbers were computed. There is no Python in this room but the names of the files.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

STYLE: Final = "picture.css"

__all__ = ["STYLE", "read_file", "scripts"]


def scripts() -> tuple[str, ...]:
    """The names of all modules."""
    return tuple(sorted(entry.name for entry in _folder().iterdir() if entry.name.endswith(".js")))


def read_file(name: str) -> str:
    """The text of a module or of the style sheet."""
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Traversable:
    return files(__name__)
