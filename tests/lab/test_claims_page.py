"""docs/claims.md and its figures follow from the recorded figures; they are not measured again here."""

import shutil
from pathlib import Path

import pytest

from regard.lab import EXPERIMENTS, USUAL
from regard.lab.page import page_files
from regard.lab.record import SHIPPED, read_record, record_path
from regard.lab.running import conditions

DOCS = Path(__file__).resolve().parents[2] / "docs"
RECORDED = [experiment for experiment in EXPERIMENTS if record_path(DOCS, experiment.name).exists()]


def stale(docs: Path) -> list[str]:
    """Files that say something else than the records."""
    return [
        path.name
        for path, text in page_files(docs).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def test_the_page_follows_from_the_records() -> None:
    assert stale(DOCS) == [], (
        "write it again: .venv/bin/python -c 'from regard.lab import write_page; …(Path(\"docs\"))'"
    )


@pytest.mark.parametrize("experiment", RECORDED, ids=lambda experiment: experiment.name)
def test_the_records_are_of_the_experiments_as_they_are(experiment) -> None:  # type: ignore[no-untyped-def]
    made = read_record(record_path(DOCS, experiment.name))["made"]
    assert made["version"] == experiment.version
    assert made["networks"] == conditions(experiment, USUAL)["networks"]


def test_the_package_carries_the_same_records() -> None:
    """So the server's page shows verdicts to those who have run no lab."""
    shipped, shown = (
        {path.name: path.read_bytes() for path in (folder / "claims").glob("*.json")} for folder in (SHIPPED, DOCS)
    )
    assert shipped == shown, "copy docs/claims/*.json to src/regard/lab/claims"
    assert len(shipped) == len(EXPERIMENTS)


def test_what_needs_no_training_is_recorded() -> None:
    assert {"mask", "padding", "blind", "scale", "sinusoidal", "linear"} <= {one.name for one in RECORDED}


def test_a_stale_page_is_seen(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "claims", tmp_path / "claims")
    assert stale(tmp_path) == [path.name for path in page_files(tmp_path) if path.suffix == ".md"]
    (tmp_path / "claims.md").write_text("old\n", encoding="utf-8")
    assert stale(tmp_path) == ["claims.md"]
