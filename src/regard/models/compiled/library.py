"""The functions of the compiled network, loaded once for a process."""

import ctypes
from functools import cache
from pathlib import Path
from typing import Final, final

from regard.errors import MachineError
from regard.kernels import Source

SOURCE: Final = Source("regard.models.compiled", ("entry.cpp", "product.h", "network.h", "attend.h", "choice.h"))
_NO_TILES: Final = -1


@final
class Library:
    """The functions of a compiled file.

    Attributes:
        has_tiles: whether products of bfloat16 go through tiles (Intel AMX), which decides how weights are laid out.
    """

    def __init__(self, path: Path) -> None:
        self._functions = ctypes.CDLL(str(path))
        tiles = self.function("has_tiles")()
        if tiles == _NO_TILES:
            raise MachineError("the system does not let programs use the processor's tiles (AMX)")
        self.has_tiles = bool(tiles)

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
    path = SOURCE.compiled()
    try:
        return Library(path)
    except OSError as error:
        raise MachineError(
            f"the compiled file {path} cannot be loaded ({error}); delete it to have it made anew"
        ) from None
