"""The compiled file: made once for a machine and a version of the source, then found again.

It lies in ``$XDG_CACHE_HOME/regard/compiled``, usually ``~/.cache/regard/compiled``, under a name that follows from the
source, the compiler and the processor. No header of PyTorch is needed, so that compiling takes seconds.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, final

from regard.errors import MachineError

_SOURCES: Final = ("entry.cpp", "arithmetic.h", "product.h", "network.h", "choice.h")
_COMPILERS: Final = ("c++", "g++", "clang++")
_FLAGS: Final = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
_NO_TILES: Final = -1
_SECONDS: Final = 300


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
    compiler = _compiler()
    path = folder() / f"{_name(compiler)}.so"
    if not path.exists():
        compile_to(path, compiler)
    try:
        return Library(path)
    except OSError as error:
        raise MachineError(
            f"the compiled file {path} cannot be loaded ({error}); delete it to have it made anew"
        ) from None


def folder() -> Path:
    """Where compiled files lie."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regard" / "compiled"


def compile_to(path: Path, compiler: str, *, more: tuple[str, ...] = ()) -> None:
    """Compiles the source for this machine.

    Raises:
        MachineError: the compiler failed, or the folder cannot be written.
    """
    source = Path(str(files("regard.models.compiled"))) / "entry.cpp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=path.parent) as aside:  # several processes may begin at once
            made = Path(aside) / path.name
            command = [compiler, *_FLAGS, *more, str(source), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
            if done.returncode:
                raise MachineError(
                    f"{compiler} cannot compile {source.name} for this machine: {done.stderr.strip()[:500]}"
                )
            made.replace(path)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"compiling to {path} failed: {error}") from None


def _compiler() -> str:
    for name in (os.environ.get("CXX"), *_COMPILERS):
        if name and (found := shutil.which(name)):
            return found
    raise MachineError(
        f"no C++ compiler is found ({', '.join(_COMPILERS)}, or what CXX names); install one, for example with "
        "`apt install g++` or `xcode-select --install`"
    )


def _name(compiler: str) -> str:
    """Follows from all that the compiled file depends on."""
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    parts = [version, " ".join(_FLAGS), _processor()]
    parts += [files("regard.models.compiled").joinpath(name).read_text(encoding="utf-8") for name in _SOURCES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _processor() -> str:
    """What tells one kind of processor from another: on Linux its name and what it can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    known = sorted({line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))})
    return "\n".join([platform.machine(), platform.processor(), *known])
