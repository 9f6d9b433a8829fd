"""Sentences to try a model with are those it was made for, in its direction, whatever files they lie in."""

import sys
from pathlib import Path

import pytest

from regard.corpus import STANDARD_INPUT
from regard.corpus.at_hand import pairs_at_hand
from regard.settings import DataSettings

SIDES = [("one house", "une maison"), ("two houses", "deux maisons"), ("two houses", "deux demeures")]
TURNED = [("une maison", "one house"), ("deux maisons", "two houses"), ("deux demeures", "two houses")]


def tmx(folder: Path) -> Path:
    sentence = '<tuv xml:lang="{}"><seg>{}</seg></tuv>'
    units = [f"<tu>{sentence.format('en', left)}{sentence.format('fr', right)}</tu>" for left, right in SIDES]
    path = folder / "memory.tmx"
    path.write_text(f'<tmx version="1.4"><header srclang="en"/><body>{"".join(units)}</body></tmx>', encoding="utf-8")
    return path


def csv(folder: Path) -> Path:
    path = folder / "table.csv"
    rows = ["number,english,french", *(f"{number},{left},{right}" for number, (left, right) in enumerate(SIDES))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def found(data: DataSettings) -> tuple[list[tuple[str, str]], str, bool]:
    at_hand = pairs_at_hand(data, 9)
    return [(pair.source, pair.target) for pair in at_hand.pairs], at_hand.description, at_hand.are_own


def test_a_memory_is_read_in_the_direction_of_the_model(tmp_path: Path) -> None:
    path = tmx(tmp_path)
    turned = DataSettings(source=path, source_language="fr", target_language="en")
    assert found(turned) == (TURNED, f"the first pairs of {path}", True)
    assert found(DataSettings(source=path))[0] == SIDES[:2]


def test_a_table_is_read_in_the_columns_of_the_model(tmp_path: Path) -> None:
    path = csv(tmp_path)
    named = DataSettings(source=path, source_column="french", target_column="english")
    assert found(named) == (TURNED, f"the first pairs of {path}", True)
    assert not found(DataSettings(source=path))[2]


@pytest.mark.parametrize("name", ["", "*"])
def test_a_folder_of_files_is_at_hand_too(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    for number, (left, right) in enumerate(SIDES):
        (folder / f"{number}.tsv").write_text(f"{left}\t{right}\n \tblank\n", encoding="utf-8")
    assert found(DataSettings(source=folder / name)) == (SIDES[:2], f"the first pairs of {folder / name}", True)


def test_validation_pairs_come_first_and_everyday_ones_last(tmp_path: Path) -> None:
    memory, lost = tmx(tmp_path), tmp_path / "lost.tsv"
    assert found(DataSettings(source=lost, valid_source=memory))[1] == f"the first pairs of {memory}"
    assert found(DataSettings(source=memory, valid_source=lost))[1] == f"the first pairs of {memory}"
    for nothing in (None, STANDARD_INPUT, lost):
        pairs, description, are_own = found(DataSettings(source=nothing))
        assert (len(pairs), are_own) == (9, False)
        assert description.startswith("everyday sentences")


def test_what_only_a_missing_package_could_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "pairs.parquet").write_bytes(b"PAR1")
    pairs, description, are_own = found(DataSettings(source=tmp_path / "pairs.parquet"))
    assert (len(pairs), are_own) == (9, False)
    assert "the model's own pairs cannot be read here (" in description
    assert "pip install" in description
