"""Which kernels a run trains with, and what is said where there are none."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from regard.errors import MachineError
from regard.kernels import Kernels, check, compiling, library
from regard.kernels.check import checked_kernels
from regard.models import AnyModel, build_model
from regard.runs.machine import machine_facts
from regard.runs.restoring import _with_kernels
from regard.runs.setup import give_kernels
from regard.settings import Settings, load_settings


@pytest.fixture
def nothing_known() -> Any:
    """No kernels are loaded yet, and afterwards nothing of the test stays."""
    library.loaded_kernels.cache_clear()
    checked_kernels.cache_clear()
    yield
    library.loaded_kernels.cache_clear()
    checked_kernels.cache_clear()


def network(settings: Settings) -> AnyModel:
    return build_model(settings.model, 50, seed=1)


def given(*changes: str) -> tuple[AnyModel, list[str]]:
    settings = load_settings(None, ["model.model_dim=32", "model.num_heads=2", *changes], preset="tiny")
    model, notes = network(settings), []
    give_kernels(model, settings, tell=notes.append)
    return model, notes


def test_where_there_is_a_compiler_they_are_compiled_and_that_is_noted(kernels: Kernels) -> None:
    model, notes = given()
    assert model.kernels is not None
    assert not notes, "they were compiled before"
    assert machine_facts(model)["kernels"] == "compiled"


def test_compiling_is_told_once(
    kernels: Kernels, nothing_known: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (made,) = [library.kernel_source().compiled()]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        "regard.kernels.compiling.compile_to",
        lambda path, *_: (path.parent.mkdir(parents=True), shutil.copy(made, path)),
    )
    model, notes = given()
    assert notes == ["compiling kernels for this machine, which takes some seconds, once"]
    assert model.kernels is not None
    library.loaded_kernels.cache_clear()
    checked_kernels.cache_clear()
    assert given()[1] == []


def test_plain_means_plain(kernels: Kernels) -> None:
    model, notes = given("training.kernels=plain")
    assert model.kernels is None
    assert not notes
    assert machine_facts(model)["kernels"] == "plain"


def test_without_a_compiler_training_goes_on_with_one_note(
    nothing_known: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    model, (note,) = given()
    assert model.kernels is None
    assert note.startswith("training without compiled kernels, which takes longer: no C++ compiler is found")


def test_without_the_openmp_library_of_pytorch_there_are_none(
    nothing_known: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(library.torch, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(MachineError, match=r"no OpenMP library of GCC's along: there is no libgomp\*\.so\*"):
        library.kernel_source()
    model, (note,) = given()
    assert model.kernels is None
    assert "OpenMP" in note


def test_kernels_with_threads_of_their_own_are_refused(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.kernel_source().compiled()
    with pytest.raises(MachineError, match="does not use the OpenMP library that PyTorch has loaded"):
        Kernels(path, _other_openmp())


def _other_openmp() -> Path:
    """The system's, which is another file than PyTorch's."""
    found = list(Path("/usr/lib").glob("*/libgomp.so.1"))
    if not found:
        pytest.skip("there is no second OpenMP library here")
    return found[0]


def test_a_kernel_that_computes_something_else_is_not_used(
    kernels: Kernels, nothing_known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = check.plain_norm
    monkeypatch.setattr(check, "plain_norm", lambda *given: right(*given) * 1.01)
    model, (note,) = given()
    assert model.kernels is None
    assert "the compiled kernel of layer norm does not compute what PyTorch computes: its error is" in note
    assert note.endswith(f"delete {compiling.folder()} to have them made by another compiler, which CXX may name")


def test_what_is_compiled_into_nothing_that_can_be_loaded_is_said(
    kernels: Kernels, nothing_known: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        "regard.kernels.compiling.compile_to",
        lambda path, *_: (path.parent.mkdir(parents=True, exist_ok=True), path.write_bytes(b"no library")),
    )
    with pytest.raises(MachineError, match=r"the compiled file .* cannot be loaded: "):
        library.loaded_kernels()


def test_a_checkpoint_from_before_there_were_kernels_had_none() -> None:
    assert _with_kernels({"threads": 2}) == {"kernels": "plain", "threads": 2}
    assert _with_kernels({"kernels": "compiled"}) == {"kernels": "compiled"}
    assert _with_kernels({}) == {}
