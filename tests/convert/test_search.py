"""What of a model's own search a conversion leaves out is said, and what a format can hold is written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.convert import Sample, convert_model
from regard.convert.agreement import compare
from regard.convert.format import Format
from regard.convert.original import Original
from regard.convert.search import followed_part, left_out
from regard.convert.to_ctranslate2 import CTranslate2Format
from regard.convert.to_hugging_face import MarianFormat, TransformersFormat
from regard.convert.to_onnx import OnnxFormat
from regard.settings import DecodingSettings

MakeModel = Callable[..., Path]

OWN: dict[str, object] = {"forbidden": ["chien"], "no_repeat_ngram": 2, "length_formula": "wu", "max_length": 30}
BEAM = frozenset({"beam_size", "length_penalty"})
LEFT_OUT: dict[type[Format], tuple[str, ...]] = {
    CTranslate2Format: ("length_formula", "forbidden"),
    OnnxFormat: ("max_length", "length_formula", "no_repeat_ngram", "forbidden"),
    TransformersFormat: ("length_formula", "forbidden"),
    MarianFormat: ("length_formula", "forbidden"),
}


def test_an_ordinary_search_leaves_nothing_out() -> None:
    assert left_out(DecodingSettings(), frozenset()) == ()
    assert (
        left_out(DecodingSettings(batch_tokens=9, max_source_tokens=9, deterministic=True, seed=7), frozenset()) == ()
    )


def test_what_is_not_followed_is_left_out_and_named() -> None:
    search = DecodingSettings(beam_size=3, samples=4, temperature=0.5, shortlist=True, glossary=Path("terms.tsv"))
    assert left_out(search, BEAM) == ("shortlist", "samples", "temperature", "glossary")
    ordinary = followed_part(search, BEAM)
    assert (ordinary.beam_size, ordinary.samples, ordinary.temperature, ordinary.glossary) == (3, 0, 1.0, None)


@pytest.mark.parametrize("form", LEFT_OUT, ids=lambda form: form.name)
def test_the_readme_names_what_is_left_out(form: type[Format], make_model: MakeModel, tmp_path: Path) -> None:
    for package in form.packages:
        if package != "transformers":  # it is not needed to write
            pytest.importorskip(package)
    ordinary, own = tmp_path / "ordinary", tmp_path / "own"
    for folder, decoding in ((ordinary, {}), (own, OWN)):
        folder.mkdir()
        form().write(Original.load(make_model(norm="post", decoding=decoding)), folder, quantization="float32")
        (tmp_path / "model").rename(tmp_path / f"model of {folder.name}")
    assert "search settings" not in (ordinary / "README.md").read_text(encoding="utf-8")
    names = ", ".join(f"`{name}`" for name in LEFT_OUT[form])
    assert f"own search settings {names} are left out" in (own / "README.md").read_text(encoding="utf-8")


def test_what_the_library_knows_stands_in_its_settings(make_model: MakeModel, tmp_path: Path) -> None:
    TransformersFormat().write(Original.load(make_model(decoding=OWN)), tmp_path, quantization="float32")
    record = json.loads((tmp_path / "generation_config.json").read_text(encoding="utf-8"))
    assert (record["num_beams"], record["no_repeat_ngram_size"]) == (3, 2)
    assert record["max_length"] == 31  # the start is counted
    assert "max_length=31)" in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore")  # the library's own
@pytest.mark.parametrize("form", LEFT_OUT, ids=lambda form: form.name)
def test_what_is_followed_is_verified_and_the_rest_is_told(
    form: type[Format], make_model: MakeModel, tmp_path: Path
) -> None:
    for package in form.packages:
        pytest.importorskip(package)
    original = Original.load(make_model(norm="post", decoding=OWN))
    form().write(original, tmp_path, quantization="float32")
    foreign = form().open(tmp_path, original, quantization="float32")
    agreement = compare(original, foreign, Sample(("the cat sleeps", "I love 😀"), None, "tests"), [1])
    assert agreement.translations[0].identical == 1.0
    assert agreement.left_out == LEFT_OUT[form]
    assert agreement.lines()[-1] == (
        f"the model's own search settings {', '.join(LEFT_OUT[form])} are left out, so it may translate otherwise"
    )
    assert agreement.record()["left_out"] == LEFT_OUT[form]


def test_a_conversion_of_an_ordinary_model_leaves_nothing_out(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ctranslate2")
    agreement = convert_model(make_model(), tmp_path / "out", to="ctranslate2", sample=Sample.of_files(sentences_file))
    assert agreement.left_out == ()
    assert not any("left out" in line for line in agreement.lines())
