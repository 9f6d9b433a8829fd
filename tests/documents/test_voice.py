"""A translator as whoever speaks in documents: the terms of a person, and the words that a search is made to write."""

from pathlib import Path

import pytest

import regard
from regard.documents import voice_of
from regard.errors import InputError
from regard.translator import Glossary


@pytest.fixture(scope="module")
def translator(tiny_run: Path) -> regard.Translator:
    return regard.load(tiny_run, threads=1)


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    path = tmp_path / "terms.tsv"
    path.write_text("four\tneuf\n", encoding="utf-8")
    return path


def test_terms_and_copied_words_are_both_written(translator: regard.Translator, terms: Path) -> None:
    voice = voice_of(translator, {"glossary": terms})
    assert "neuf" in voice.translate(["four two"])[0][0].text
    found = voice.translate(["four Tom two"], copied=["Tom"])[0][0].text
    assert "neuf" in found
    assert "Tom" in found
    assert "Tom" not in voice_of(translator).translate(["four Tom two"])[0][0].text  # it has never seen the word


def test_the_glossary_is_read_once(translator: regard.Translator, terms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = voice_of(translator, {"glossary": terms})
    monkeypatch.setattr(Glossary, "read", lambda _: pytest.fail("it was read once more"))
    for copied in ((), ("Tom",)):
        assert "neuf" in voice.translate(["four"], copied=copied)[0][0].text


def test_a_glossary_that_is_not_there_is_told_before_anything_is_translated(
    translator: regard.Translator, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"the glossary .*none\.tsv cannot be read"):
        voice_of(translator, {"glossary": tmp_path / "none.tsv"})
