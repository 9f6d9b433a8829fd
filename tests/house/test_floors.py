"""The floors of the house: a file imports only from lower floors or its own room."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}

PLANTS = [
    pytest.param("training", "import regard.decoding", id="training-decoding"),
    pytest.param("models", "from regard.batches import Batch", id="same-floor"),
    pytest.param("text", "def f():\n    import regard.models", id="inside-a-function"),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on the package below ``root``, with the contract of pyproject.toml."""
    return subprocess.run(
        [LINT_IMPORTS, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def forbidden_files(source: Path) -> list[Path]:
    """Files and folders whose name says nothing about their subject."""
    return [path for path in source.rglob("*") if path.stem.strip("_") in FORBIDDEN_NAMES]


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return tmp_path


@pytest.mark.guarantee(
    "Rooms import from lower floors only",
    area="house",
    control="test_a_planted_import_is_seen",
)
def test_the_house_keeps_its_floors() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 kept, 0 broken" in result.stdout


def test_an_untouched_copy_keeps_them_too(copied_house: Path) -> None:
    result = lint_imports(copied_house)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("room", "plant"), PLANTS)
def test_a_planted_import_is_seen(copied_house: Path, room: str, plant: str) -> None:
    planted = copied_house / "src" / "regard" / room / "planted.py"
    planted.write_text(f'"""Planted."""\n\n{plant}\n')
    result = lint_imports(copied_house)
    assert result.returncode != 0
    assert f"regard.{room}.planted" in result.stdout, result.stdout + result.stderr


def test_a_room_that_is_not_in_the_contract_is_seen(copied_house: Path) -> None:
    room = copied_house / "src" / "regard" / "attic"
    room.mkdir()
    (room / "__init__.py").write_text('"""Planted."""\n')
    result = lint_imports(copied_house)
    assert result.returncode != 0
    assert "attic" in result.stdout + result.stderr


def test_every_file_is_named_after_its_subject() -> None:
    assert forbidden_files(ROOT / "src") == []


@pytest.mark.parametrize("name", sorted(FORBIDDEN_NAMES))
def test_a_file_named_after_nothing_is_seen(tmp_path: Path, name: str) -> None:
    planted = tmp_path / f"{name}.py"
    planted.touch()
    assert forbidden_files(tmp_path) == [planted]
