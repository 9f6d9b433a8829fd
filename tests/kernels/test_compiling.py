"""A source is compiled once for a machine; where it cannot be, the message says what is missing."""

import ctypes
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from regard.errors import MachineError
from regard.kernels import Source, compiling
from regard.kernels.compiling import compile_to

PACKAGE = "smallest"


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Source:
    """One function; what is compiled is kept for this test alone."""
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").touch()
    (tmp_path / PACKAGE / "one.cpp").write_text('extern "C" int found() { return FOUND; }\n', encoding="utf-8")
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Source(PACKAGE, ("one.cpp",), flags=("-DFOUND=1",))


MADE = '"$(for each; do :; done; echo "$each")"'
"""In a script that stands in for a compiler: the file to make, which is its last argument."""


@pytest.fixture
def compile_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Puts a shell script in the compiler's place."""

    def put(script: str) -> Path:
        compiler = tmp_path / "compiler"
        compiler.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        compiler.chmod(0o700)
        monkeypatch.setenv("CXX", str(compiler))
        return compiler

    return put


def found_by(path: Path) -> int:
    return int(ctypes.CDLL(str(path)).found())


def test_it_is_compiled_once(needs_tool: Callable[[str], str], source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_tool("g++")
    assert not source.is_compiled()
    made = source.compiled()
    assert found_by(made) == 1
    assert list(compiling.folder().iterdir()) == [made]
    assert made.parent.stat().st_mode & 0o077 == 0
    with monkeypatch.context() as forbidden:
        forbidden.setattr(compiling, "compile_to", lambda *_: pytest.fail("it was there"))
        assert source.is_compiled()
        assert source.compiled() == made


def test_other_flags_make_another_file(needs_tool: Callable[[str], str], source: Source) -> None:
    needs_tool("g++")
    assert [found_by(replace(source, flags=(f"-DFOUND={each}",)).compiled()) for each in (1, 2)] == [1, 2]
    assert len(list(compiling.folder().iterdir())) == 2


def test_a_compiler_is_needed_once(
    source: Source, compile_by: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_by(f"echo compiled >{MADE}")
    path = source.compiled()
    monkeypatch.delenv("CXX")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert source.is_compiled()
    assert source.compiled() == path
    assert source.loaded(Path.read_bytes).startswith(b"compiled")


@pytest.mark.parametrize(
    ("asked", "answer"), [("machine", "s390x"), ("libc_ver", ("glibc", "2.17"))], ids=["processor", "system"]
)
def test_another_machine_needs_another_file(
    source: Source, compile_by: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, asked: str, answer: object
) -> None:
    compile_by(f"echo compiled >{MADE}")
    path = source.compiled()
    monkeypatch.setattr(platform, asked, lambda: answer)
    assert not source.is_compiled(), "homes are shared by machines that cannot run each other's files"
    assert source.compiled() != path


def test_without_a_compiler_the_message_says_what_to_install(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MachineError, match=r"no C\+\+ compiler is found .*; install one, .*apt install g\+\+"):
        source.compiled()
    with pytest.raises(MachineError, match=r"no C\+\+ compiler is found"):
        source.is_compiled()  # nobody is told that it will be compiled now


def test_a_compiler_that_fails_leaves_nothing(source: Source, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"false cannot compile one\.cpp for this machine"):
        compile_to(tmp_path / "a" / "x.so", source, shutil.which("false") or "/bin/false")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_compiler_that_is_too_old_is_named_with_what_is_needed(
    source: Source, compile_by: Callable[[str], Path]
) -> None:
    compile_by(
        'if [ "$1" = --version ]; then echo "g++ (Elderly) 7.5.0"; echo "This is free software."; exit; fi\n'
        "echo \"error: '__builtin_convertvector' was not declared\" >&2; exit 1"
    )
    wanted = (
        r"GCC 11, Clang 14 and newer can, and this is g\+\+ \(Elderly\) 7\.5\.0; if it is another, install one, "
        r"for example with `apt install g\+\+` .*, or name one in CXX\. It says: error: '__builtin_convertvector'"
    )
    with pytest.raises(MachineError, match=wanted):
        source.compiled()


def test_a_compiler_may_speak_any_encoding(
    source: Source, compile_by: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.ISO-8859-1")
    compile_by(
        'if [ "$1" = --version ]; then printf "g++ (\\311lancourt) 7.5.0"; exit; fi\n'
        'printf "$LC_ALL: \\351chec" >&2; exit 1'
    )
    with pytest.raises(MachineError, match=r"this is g\+\+ \(\ufffdlancourt\) 7\.5\.0; .* It says: C: \ufffdchec"):
        source.compiled()


@pytest.fixture
def put_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Puts a shell script on a PATH that has no compiler else, under a compiler's name."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("CXX", raising=False)

    def put(name: str, script: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o700)

    return put


OTHER = 'if [ "$1" = --version ]; then echo "clang version 14"; exit; fi; echo "error: name a g++" >&2; exit 1'


def test_where_one_compiler_cannot_the_next_is_asked(source: Source, put_on_path: Callable[[str, str], None]) -> None:
    put_on_path("c++", OTHER)
    put_on_path("g++", f"echo compiled >{MADE}")
    assert source.loaded(Path.read_bytes).startswith(b"compiled")


def test_where_none_can_the_message_is_of_the_first_and_names_the_others(
    source: Source, put_on_path: Callable[[str, str], None]
) -> None:
    put_on_path("c++", OTHER)
    put_on_path("clang++", "exit 1")
    wanted = (
        r"/c\+\+ cannot compile one\.cpp .* this is clang version 14; .* says: error: name a g\+\+\. Nor can .*/clang"
    )
    with pytest.raises(MachineError, match=wanted):
        source.compiled()
    assert list(compiling.folder().iterdir()) == []


def test_one_that_is_named_is_the_only_one_asked(
    source: Source, put_on_path: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path("c++", OTHER)
    put_on_path("g++", f"echo compiled >{MADE}")
    monkeypatch.setenv("CXX", "c++")
    with pytest.raises(MachineError, match=r"says: error: name a g\+\+$"):
        source.compiled()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "a quarter": lambda made: made[: len(made) // 4],
    "half": lambda made: made[: len(made) // 2],
    "all but a byte": lambda made: made[:-1],
    "a bit": lambda made: made[:99] + bytes([made[99] ^ 1]) + made[100:],
    "another file": lambda _: b"that nobody compiled here",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_made_anew_before_it_is_loaded(
    source: Source, compile_by: Callable[[str], Path], damage: Callable[[bytes], bytes]
) -> None:
    compile_by(f"seq 1000 >{MADE}")
    path = source.compiled()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert not source.is_compiled()
    assert source.loaded(Path.read_bytes) == whole, "a system's loader would have ended the process"
    assert source.is_compiled()


def test_what_is_whole_and_cannot_be_loaded_is_not_made_anew(
    source: Source, compile_by: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_by(f"echo compiled >{MADE}")
    path = source.compiled()
    whole = path.read_bytes()

    def load(path: Path) -> None:
        raise OSError(f"{path}: failed to map segment from shared object")  # so says glibc where nothing may be run

    monkeypatch.setattr(compiling, "compile_to", lambda *_: pytest.fail("it was there"))
    with pytest.raises(MachineError, match=r"cannot be loaded: .*failed to map .* Set XDG_CACHE_HOME to a folder"):
        source.loaded(load)
    assert path.read_bytes() == whole


def test_a_compiler_that_is_not_there_is_not_passed_over(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "g++-99")
    with pytest.raises(MachineError, match=r"CXX names 'g\+\+-99', but no such program is found"):
        source.compiled()


def test_one_that_cannot_be_run_is_said(source: Source, compile_by: Callable[[str], Path]) -> None:
    compile_by("").write_bytes(b"\x7fELF of another machine")
    with pytest.raises(MachineError, match=r"the compiler .*compiler cannot be run: "):
        source.compiled()


def test_another_users_folder_is_a_reason_to_do_without(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    compiling.folder().mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(Path, "read_bytes", forbidden)  # the tests may run as somebody who is forbidden nothing
    for ask in (source.is_compiled, source.compiled):
        with pytest.raises(MachineError, match=r"cannot be looked for at .*: Permission denied"):
            ask()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777], ids=oct)
def test_nothing_is_loaded_from_a_folder_that_others_may_write_to(
    source: Source, compile_by: Callable[[str], Path], mode: int
) -> None:
    compile_by(f"echo compiled >{MADE}")
    source.compiled()
    compiling.folder().chmod(mode)
    for ask in (source.is_compiled, source.compiled, lambda: source.loaded(Path.read_bytes)):
        with pytest.raises(
            MachineError, match=rf"compiled is not used: others may write to it \(mode {mode:o}\).*chmod"
        ):
            ask()
    compiling.folder().chmod(0o755)
    assert source.is_compiled()


@pytest.fixture
def owned_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every file that of a user; whoever runs the test is user 1234."""
    real = Path.stat
    monkeypatch.setattr(os, "geteuid", lambda: 1234)

    def own(user: int) -> None:
        def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
            found = list(real(path, follow_symlinks=follow_symlinks)[:10])
            return os.stat_result([*found[:4], user, *found[5:]])

        monkeypatch.setattr(Path, "stat", stat)

    return own


def test_another_users_folder_is_not_used(
    source: Source, compile_by: Callable[[str], Path], owned_by: Callable[[int], None]
) -> None:
    compile_by(f"echo compiled >{MADE}")
    source.compiled()
    owned_by(1235)
    with pytest.raises(
        MachineError, match=r"compiled is not used: it belongs to another user \(1235\).*XDG_CACHE_HOME"
    ):
        source.is_compiled()


@pytest.mark.parametrize("user", [0, 1234], ids=["the administrator", "this user"])
def test_what_an_administrator_compiled_is_used(
    source: Source, compile_by: Callable[[str], Path], owned_by: Callable[[int], None], user: int
) -> None:
    compile_by(f"echo compiled >{MADE}")
    source.compiled()
    compiling.folder().chmod(0o555)
    owned_by(user)
    assert source.is_compiled()


def test_a_file_that_others_may_change_is_made_anew(source: Source, compile_by: Callable[[str], Path]) -> None:
    compile_by(f"echo compiled >{MADE}")
    path = source.compiled()
    path.chmod(0o775)
    assert not source.is_compiled()
    assert source.compiled() == path
    assert path.stat().st_mode & 0o022 == 0
    assert source.is_compiled()


def test_a_generous_umask_makes_nothing_that_others_may_change(
    source: Source, compile_by: Callable[[str], Path]
) -> None:
    compile_by(f"echo compiled >{MADE}")
    before = os.umask(0)
    try:
        path = source.compiled()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o022 == 0
    assert source.is_compiled()
