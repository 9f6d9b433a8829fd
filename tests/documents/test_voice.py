"""A translator as whoever speaks in documents: the terms of a person, and the words that a search is made to write."""

from collections.abc import Callable
from pathlib import Path

import pytest

import regard
from regard.corpus import Reading
from regard.documents import Filled, open_document, translate_document, voice_of
from regard.errors import InputError
from regard.translator import Glossary, SearchOptions


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


@pytest.fixture
def fill(translator: regard.Translator, tmp_path: Path) -> Callable[[SearchOptions], Filled]:
    """Translates a file of one message with a placeholder, which goes through every try."""

    def translated(search: SearchOptions) -> Filled:
        path = tmp_path / "messages.po"
        path.write_text('msgid ""\nmsgstr ""\n\nmsgid "four {name} two"\nmsgstr ""\n', encoding="utf-8")
        opened = open_document(path, Reading(source_language="en", target_language="fr"))
        return translate_document(voice_of(translator, search), opened)

    return translated


@pytest.mark.parametrize(
    "search",
    [{"samples": 1}, {"samples": 2, "beam_size": 1}, {"forbidden": ["X"]}, {"forbidden": ["tom", "73", "X"]}],
    ids=["a-sample", "samples", "letter", "every-family"],
)
def test_any_search_ends_with_the_placeholder(fill: Callable[[SearchOptions], Filled], search: SearchOptions) -> None:
    (row,) = fill(search).rows
    assert row.target.count("{name}") == 1


def test_samples_of_the_model_can_be_left_out(translator: regard.Translator) -> None:
    drawing = translator.settings.decoding.model_copy(update={"samples": 7})
    settings = translator.settings.model_copy(update={"decoding": drawing})
    voice = voice_of(regard.Translator(translator.model, translator.tokenizer, settings), {"samples": 0})
    assert len(voice.translate(["four two"])[0]) <= drawing.beam_size
    assert "Tom" in voice.translate(["four Tom two"], copied=["Tom"])[0][0].text


def test_words_beside_a_forbidden_one_are_still_written(translator: regard.Translator) -> None:
    voice = voice_of(translator, {"forbidden": ["X"]})
    found = voice.translate(["four X two", "four Tom two"], copied=["X", "Tom"])
    assert "X" not in found[0][0].text
    assert "Tom" in found[1][0].text


@pytest.mark.parametrize(
    "search",
    [{}, {"length_formula": "wu", "length_penalty": 2.0}, {"coverage_penalty": 0.5}, {"length_penalty": 0.0}],
    ids=["own", "wu", "coverage", "none"],
)
def test_confidence_is_that_of_the_translation(translator: regard.Translator, search: SearchOptions) -> None:
    sentences = ["four two", "six Tom", "one two three"]
    said = [each[0] for each in voice_of(translator, search).translate(sentences)]
    direct = translator.translate(sentences, **search)
    assert [(each.text, each.confidence) for each in said] == [(each.text, each.confidence) for each in direct]
