"""docs/comparison, docs/comparison-hour: each page follows from its recorded cells; nothing is measured again here."""

import shutil
from pathlib import Path

import pytest

from regard.lab.comparison.cells import read_cells
from regard.lab.comparison.page import comparison_files

DOCUMENTS = Path(__file__).resolve().parents[3] / "docs"
RECORDED = ("comparison", "comparison-hour")


def stale(folder: Path) -> list[str]:
    """Files that say something else than the cells."""
    files = comparison_files(folder)
    return [path.name for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


@pytest.mark.parametrize("name", RECORDED)
def test_the_page_follows_from_the_cells(name: str) -> None:
    assert read_cells(DOCUMENTS / name)
    assert stale(DOCUMENTS / name) == [], f"write it again: regard.lab.comparison.write_comparison(Path('docs/{name}'))"


def test_a_stale_page_is_seen(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(DOCUMENTS / RECORDED[0], tmp_path / "comparison"))
    (copied / "comparison.md").write_text("old\n", encoding="utf-8")
    assert stale(copied) == ["comparison.md"]
