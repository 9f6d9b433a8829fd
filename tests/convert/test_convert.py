"""Conversions in general: what is not faithful is not kept, and what is missing is said."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regard.convert import Sample, convert_model
from regard.convert import format as format_file
from regard.convert.agreement import Agreement, Translations
from regard.convert.original import Original
from regard.convert.to_ctranslate2 import CTranslate2Format
from regard.errors import CheckError, InputError, MissingExtraError, OutputExistsError
from regard.settings import DataSettings

MakeModel = Callable[..., Path]


@pytest.mark.guarantee(
    "A converted model that does not compute what ours computes is not kept, and nothing is left of it",
    area="decoding",
    control="test_a_faithful_conversion_is_kept",
    reported="CTranslate2 #546, #847; eole #256",
)
def test_a_conversion_that_changes_the_model_is_refused_and_leaves_nothing(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ctranslate2")
    model, sample, out = make_model(), Sample.of_files(sentences_file), tmp_path / "out"
    before = set(tmp_path.iterdir())
    write = CTranslate2Format.write

    def write_wrongly(form: CTranslate2Format, original: Original, folder: Path, **options: Any) -> None:
        table = original.weights._tensors["decoder.0.feedforward.expand.weight"]
        original.weights._tensors = {**original.weights._tensors, "decoder.0.feedforward.expand.weight": table * 1.1}
        write(form, original, folder, **options)

    monkeypatch.setattr(CTranslate2Format, "write", write_wrongly)
    with pytest.raises(
        CheckError, match=r"does not agree with ours .*difference of log-probabilities .* at most 0.001"
    ):
        convert_model(model, out, to="ctranslate2", sample=sample)
    assert set(tmp_path.iterdir()) == before


def test_a_faithful_conversion_is_kept(make_model: MakeModel, sentences_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    convert_model(make_model(), tmp_path / "out", to="ctranslate2", sample=Sample.of_files(sentences_file))
    assert (tmp_path / "out" / "model.bin").exists()


def test_tolerances_can_be_given(make_model: MakeModel, sentences_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    model, sample = make_model(), Sample.of_files(sentences_file)
    with pytest.raises(CheckError, match="at most 1e-12 is tolerated"):
        convert_model(model, tmp_path / "out", to="ctranslate2", sample=sample, tolerance=1e-12)


def agreement(**changed: Any) -> Agreement:
    found = {
        "num_sentences": 3,
        "description": "tests",
        "same_pieces": 1.0,
        "measured": "logits",
        "largest_difference": 1e-6,
    }
    same = (Translations(1, 1.0, 40.0, 40.0, "people"),)
    return Agreement(**{**found, "mean_difference": 1e-7, "translations": same, **changed})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"largest_difference": 0.2}, r"largest difference of logits is 0.2, but at most 0.1"),
        ({"largest_difference": float("nan")}, r"largest difference of logits is nan"),
        (
            {"translations": (Translations(5, 0.5, 40.0, 38.0, "people"),)},
            r"loses 2.00 BLEU, but at most 1 .*BLEU 40.00 → 38.00",
        ),
        ({"translations": (Translations(1, 0.9, 100.0, 98.5, "ours"),)}, r"loses 1.50 BLEU"),
    ],
    ids=["difference", "NaN", "BLEU", "no references"],
)
def test_an_agreement_above_a_tolerance_is_refused(found: dict[str, Any], message: str) -> None:
    agreement().check(tolerance=0.1, bleu_tolerance=1.0)
    with pytest.raises(CheckError, match=message):
        agreement(**found).check(tolerance=0.1, bleu_tolerance=1.0)


def test_better_translations_are_no_loss() -> None:
    agreement(translations=(Translations(1, 0.5, 40.0, 60.0, "people"),)).check(tolerance=0.1, bleu_tolerance=0.0)


def test_an_unknown_format_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"converted to ctranslate2.*, but 'fairseq' is asked for"):
        convert_model(make_model(), tmp_path / "out", to="fairseq")


def test_a_folder_that_is_there_is_left_alone(make_model: MakeModel, sentences_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    with pytest.raises(OutputExistsError, match="is there already"):
        convert_model(make_model(), tmp_path, to="ctranslate2", sample=Sample.of_files(sentences_file))


def test_a_missing_toolkit_is_named(make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format_file, "find_spec", lambda name: None)
    assert importlib.util.find_spec("regard")
    with pytest.raises(MissingExtraError, match="to CTranslate2 needs ctranslate2: pip install ctranslate2"):
        convert_model(make_model(), tmp_path / "out", to="ctranslate2")


def test_a_sample_needs_sentences_the_model_can_read(make_model: MakeModel, tmp_path: Path) -> None:
    empty, long = tmp_path / "empty.txt", tmp_path / "long.txt"
    empty.write_text("\n  \n", encoding="utf-8")
    long.write_text("the cat sleeps " * 200, encoding="utf-8")
    with pytest.raises(InputError, match=r"empty.txt has no sentences to verify"):
        Sample.of_files(empty)
    translator = Original.load(make_model()).translator
    with pytest.raises(InputError, match=r"none of the sentences of .*long.txt can be used .* have 60 tokens and more"):
        Sample.of_files(long).readable(translator)


def test_references_go_with_the_sentences_that_are_kept(make_model: MakeModel) -> None:
    sample = Sample(("the cat", "the cat sleeps " * 100, "I love"), ("a", "b", "c"), "tests")
    kept = sample.readable(Original.load(make_model()).translator)
    assert (kept.sentences, kept.references) == (("the cat", "I love"), ("a", "c"))


def test_the_sample_at_hand_has_everyday_sentences(make_model: MakeModel) -> None:
    sample = Sample.at_hand(Original.load(make_model()).translator, 7)
    assert len(sample.sentences) == 7
    assert "everyday" in sample.description
    assert sample.references is not None


def test_references_of_a_folder_of_files_are_known_in_any_language(make_model: MakeModel, tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "a.tsv").write_text("das Haus\tthe house\n", encoding="utf-8")
    translator = Original.load(make_model()).translator
    data = DataSettings(source=tmp_path / "shards", source_language="de", target_language="en")
    translator.settings = translator.settings.model_copy(update={"data": data})
    sample = Sample.at_hand(translator)
    assert (sample.sentences, sample.references) == (("das Haus",), ("the house",))
