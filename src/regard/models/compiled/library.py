"""The functions of the compiled network, loaded once for a process."""

import ctypes
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, final

from regard.kernels import Source

SOURCE: Final = Source("regard.models.compiled", ("entry.cpp", "product.h", "network.h", "attend.h", "choice.h"))
WITHOUT_TILES: Final = replace(SOURCE, flags=("-mno-amx-bf16",))
"""For processors that have tiles, on systems that forbid them."""
_FORBIDDEN: Final = -1


@final
class Library:
    """The functions of a compiled file.

    Attributes:
        has_tiles: whether products of bfloat16 go through tiles (Intel AMX), which decides how weights are laid out.
        is_allowed: whether the system lets programs use what it is compiled for; if not, nothing else is to be called.
    """

    def __init__(self, path: Path) -> None:
        self._functions = ctypes.CDLL(str(path))
        tiles = self.function("has_tiles")()
        self.has_tiles = bool(tiles)
        self.is_allowed = tiles != _FORBIDDEN

    def function(self, name: str) -> "ctypes._NamedFuncPointer":
        """The function ``regard_`` and a name; it gives a whole number."""
        function = self._functions[f"regard_{name}"]
        function.restype = ctypes.c_int64
        return function


@cache
def compiled_library() -> Library:
    """The library for this machine, compiled now if it never was.

    Raises:
        MachineError: there is no compiler, or it failed; the message says what to install.
    """
    library = SOURCE.loaded(Library)
    return library if library.is_allowed else WITHOUT_TILES.loaded(Library)
