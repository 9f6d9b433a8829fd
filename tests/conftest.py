"""Shared by all tests: shapes are checked at run time, and data from outside the project is found or skipped."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

_hook = install_import_hook("regard", "beartype.beartype")


@pytest.fixture(scope="session")
def regard_data() -> Path:
    """The folder of real sentence pairs; tests that need it are skipped where it is absent."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("REGARD_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}; set REGARD_DATA to a folder with multi30k/, tatoeba/ …")
    return folder
