"""C++ compiled for this machine: made once for each version of a source, then found again.

A compiled file lies in ``$XDG_CACHE_HOME/regard/compiled``, usually ``~/.cache/regard/compiled``, under a name that
follows from the source, the processor and the system. A compiler is asked for only where there is no such file yet. No
header of PyTorch is needed: compiling takes seconds.
"""

import hashlib
import os
import platform
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar, final

from regard.errors import MachineError

Loaded = TypeVar("Loaded")

_COMPILERS: Final = ("c++", "g++", "clang++")
_FLAGS: Final = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
_SHARED: Final = ("regard.kernels", "arithmetic.h")
_HASH: Final = "sha256"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_SECONDS: Final = 300
_EXAMPLE: Final = "for example with `apt install g++` or `xcode-select --install`"
_ELSEWHERE: Final = "Set XDG_CACHE_HOME to a folder of this machine's own from which programs may be run"


@final
@dataclass(frozen=True)
class Source:
    """What a compiled file is made from.

    Attributes:
        package: where the files lie.
        names: the first is compiled, and includes the others and ``arithmetic.h``.
        linked: shared libraries that the compiled file needs, before those the compiler would take itself.
        flags: of the compiler, after those that all are compiled with.
        compilers: that can compile it, for the message where one cannot.
    """

    package: str
    names: tuple[str, ...]
    linked: tuple[Path, ...] = ()
    flags: tuple[str, ...] = ()
    compilers: str = "GCC 11, Clang 14 and newer"

    def is_compiled(self) -> bool:
        """Whether this machine has it already; if not, there is a compiler to ask for it.

        Raises:
            MachineError: it was never compiled and there is no compiler, or what is compiled cannot be looked at, or is
                in a folder to which others may write.
        """
        if _is_whole(self._path()):
            return True
        _compilers()
        return False

    def compiled(self) -> Path:
        """The compiled file, made now if it never was or is damaged.

        Raises:
            MachineError: no compiler is there to make it, or it failed, or others may write to the folder; the message
                says what to do.
        """
        path = self._path()
        if not _is_whole(path):
            compile_to(path, self, *_compilers())
        return path

    def loaded(self, load: Callable[[Path], Loaded]) -> Loaded:
        """What ``load`` makes of the compiled file.

        Raises:
            MachineError: no compiler is there to make it, it failed, or what it made cannot be loaded.
        """
        path = self.compiled()
        try:
            return load(path)
        except OSError as error:  # the file is whole, so another one would do no better
            raise MachineError(f"the compiled file {path} cannot be loaded: {error}. {_ELSEWHERE}") from None

    def _path(self) -> Path:
        """Its name follows from what the file does and where it runs; the compiler may be gone by now."""
        parts = [" ".join((*_FLAGS, *self.flags)), *map(str, self.linked), *platform.libc_ver(), _processor()]
        read = [(self.package, name) for name in self.names] + [_SHARED]
        parts += [files(package).joinpath(name).read_text(encoding="utf-8") for package, name in read]
        return folder() / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}.so"


def folder() -> Path:
    """Where compiled files lie.

    Raises:
        MachineError: this user has no home.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regard" / "compiled"
    except RuntimeError:
        raise MachineError("there is no home folder to keep what is compiled in; set XDG_CACHE_HOME to one") from None


def compile_to(path: Path, source: Source, *compilers: str) -> None:
    """Compiles a source for this machine, by the first compiler that can.

    Raises:
        MachineError: none of them can, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=path.parent) as aside:  # several processes may begin at once
            made = Path(aside) / path.name
            _compile_by_any(made, source, compilers)
            _seal(made)
            made.replace(path)
    except OSError as error:
        raise MachineError(f"compiling to {path} failed: {error}") from None


def _compile_by_any(made: Path, source: Source, compilers: tuple[str, ...]) -> None:
    """One after the other: what ``c++`` is differs from system to system, and not each of them can all there is."""
    failed: dict[str, MachineError] = {}
    for compiler in compilers:
        try:
            return _compile(made, source, compiler)
        except MachineError as error:
            failed[compiler] = error
    first, *others = failed
    raise MachineError(f"{failed[first]}. Nor can {', '.join(others)}") if others else failed[first]


def _compile(made: Path, source: Source, compiler: str) -> None:
    main = Path(str(files(source.package))) / source.names[0]
    include = f"-I{files(_SHARED[0])}"
    # What is linked here gives all that is missing, so that no second library of its kind is taken along.
    linked = ["-Wl,--as-needed", *map(str, source.linked)] if source.linked else []
    done = _run([compiler, *_FLAGS, *source.flags, include, str(main), *linked, "-o", str(made)])
    if done.returncode:
        raise _cannot_compile(compiler, source, done.stderr)


def _seal(made: Path) -> None:
    """Writes what the compiled bytes hash to behind them, where no loader looks, and all of it to the disk."""
    with made.open("r+b") as file:
        seal = hashlib.file_digest(file, _HASH).digest()
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())
    made.chmod(stat.S_IMODE(made.stat().st_mode) & ~_OTHERS_WRITE)


def _is_whole(path: Path) -> bool:
    """Whether the file is there, as it was made. Loading one that was cut short would end the process (SIGBUS).

    The seal is no secret. That nobody else wrote it follows from who may write the file, and to its folder.
    """
    try:
        _require_own(path.parent)
        content = path.read_bytes()
        is_own = _foreign(path) is None
    except FileNotFoundError:
        return False
    except OSError as error:  # the folder may be another user's
        raise MachineError(f"what is compiled cannot be looked for at {path}: {error.strerror}") from None
    size = hashlib.new(_HASH).digest_size
    return is_own and hashlib.new(_HASH, content[:-size]).digest() == content[-size:]


def _require_own(folder: Path) -> None:
    if foreign := _foreign(folder):
        raise MachineError(
            f"{folder} is not used: {foreign}, and what lies there would be run as you. Let nobody else write to it "
            "(`chmod go-w`), or set XDG_CACHE_HOME to a folder of your own"
        )


def _foreign(path: Path) -> str | None:
    """Who but this user and the administrator may have written it, or to it; None if nobody."""
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        return f"it belongs to another user ({found.st_uid})"
    if found.st_mode & _OTHERS_WRITE:
        return f"others may write to it (mode {stat.S_IMODE(found.st_mode):o})"
    return None


def _compilers() -> tuple[str, ...]:
    """The one that is named, or all that are there."""
    if named := os.environ.get("CXX"):
        if found := shutil.which(named):
            return (found,)
        raise MachineError(f"CXX names {named!r}, but no such program is found; name a compiler alone, or unset it")
    if all_found := tuple(found for name in _COMPILERS if (found := shutil.which(name))):
        return all_found
    raise MachineError(
        f"no C++ compiler is found ({', '.join(_COMPILERS)}, or what CXX names); install one, {_EXAMPLE}"
    )


def _cannot_compile(compiler: str, source: Source, said: str) -> MachineError:
    first, *_ = _run([compiler, "--version"]).stdout.splitlines() or ["of no version it would tell"]
    return MachineError(
        f"{compiler} cannot compile {source.names[0]} for this machine. {source.compilers} can, and this is {first}; "
        f"if it is another, install one, {_EXAMPLE}, or name one in CXX. It says: {said.strip()[:500]}"
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a compiler. What it says is in English, and text whatever the bytes: they end up in a message."""
    english = os.environ | {"LC_ALL": "C"}
    try:
        return subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=english,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"the compiler {command[0]} cannot be run: {error}") from None


def _processor() -> str:
    """What tells one kind of processor from another: on Linux its name and what it can do."""
    known = processor_facts("model name", "flags", "Features", "CPU part")
    return "\n".join([platform.machine(), platform.processor(), *known])


def processor_facts(*names: str) -> list[str]:
    """What Linux says of the processor under these names ("model name"): each line once, in order; else nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return sorted({line for line in lines if line.startswith(names)})
