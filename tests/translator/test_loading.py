"""From a folder to a translator."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import regard
from regard.errors import BundleError, MachineError, SettingsError
from regard.text import Tokenizer
from regard.translator.loading import together


def test_a_run_folder_and_its_model_folder_give_the_same_translator(model_folder: Path, translator) -> None:
    expected = translator.translate("The cat sat on the mat.")
    for folder in (model_folder, str(model_folder), model_folder / "model"):
        loaded = regard.load(folder, dtype="float64")
        assert loaded.translate("The cat sat on the mat.") == expected
        assert loaded.languages == ("en", "fr")


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float64"])
def test_the_type_is_the_one_asked_for(model_folder: Path, name: str) -> None:
    loaded = regard.load(model_folder, dtype=name)
    assert loaded.model.dtype == getattr(torch, name)
    assert isinstance(loaded.translate("I love you.").text, str)


def test_a_loaded_model_is_ready_to_answer_and_not_to_learn(model_folder: Path) -> None:
    model = regard.load(model_folder).model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_loading_draws_nothing_from_the_caller_s_random_numbers(model_folder: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    regard.load(model_folder)
    assert torch.equal(torch.rand(3), expected)


def test_threads_are_set_for_the_process(model_folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        regard.load(model_folder, threads=1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no model at"):
        regard.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "device must be auto, cpu, cuda or cuda:N, but is 'gpu'"),
        ({"device": "meta"}, "device must be auto, cpu, cuda or cuda:N, but is 'meta'"),
        ({"dtype": "float8"}, "dtype must be one of auto, float32, bfloat16, float64, int8, but is 'float8'"),
        ({"threads": 0}, "threads must be a whole number of at least 1, but is 0"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_read(tmp_path: Path, options, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        regard.load(tmp_path / "nowhere", **options)


def test_a_device_that_is_not_there_is_the_machine_s_fault(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"device cuda:99 is not there: \d+ GPUs are found; use device='cpu'"):
        regard.load(tmp_path / "nowhere", device="cuda:99")


def test_several_models_translate_together(model_folder: Path, translator) -> None:
    both = regard.load(model_folder, model_folder / "model", dtype="float64")
    assert both.name == "run + model"
    found, alone = both.translate("I love you."), translator.translate("I love you.")
    assert found.text == alone.text
    assert found.score == pytest.approx(alone.score, abs=1e-10)
    with pytest.raises(SettingsError, match="explain one of them, loaded by itself"):
        both.explain("I love you.")


def test_models_that_do_not_fit_together_are_refused(translator, make_translator) -> None:
    other = regard.Translator(translator.model, Tokenizer.train(["a b"], vocab_size=300), translator.settings)
    with pytest.raises(SettingsError, match=r"cut text into different pieces.*with the same .text. settings"):
        together([translator, other])
    swapped = translator.settings.data.model_copy(update={"source_language": "fr", "target_language": "en"})
    settings = translator.settings.model_copy(update={"data": swapped})
    back = regard.Translator(translator.model, translator.tokenizer, settings)
    with pytest.raises(SettingsError, match="from en to fr, but model from fr to en; models used together"):
        together([translator, back])


@pytest.mark.parametrize("beam_size", [1, 4])
def test_compiled_it_translates_and_explains_the_same(
    needs_tool: Callable[[str], str], tiny_run: Path, beam_size: int
) -> None:
    needs_tool("g++")
    usual, compiled = (regard.load(tiny_run, compiled=each) for each in (False, True))
    assert compiled.not_compiled is None
    texts = ["four two seven", "one", "", "nine nine three two one zero"]
    found = [each.translate(texts, beam_size=beam_size) for each in (usual, compiled)]
    for one, other in zip(*found, strict=True):
        assert one.text == other.text
        assert one.score == pytest.approx(other.score, abs=1e-5)
    trace = compiled.explain(texts[0], beam_size=beam_size)
    assert trace.translation.text == compiled.translate(texts[0], beam_size=beam_size).text
    assert not any(part.training for part in compiled.model.modules())


def test_what_cannot_be_compiled_says_why_and_translates_all_the_same(model_folder: Path) -> None:
    exact = regard.load(model_folder, dtype="float64", compiled=True)
    assert exact.not_compiled is not None
    assert "float64" in exact.not_compiled or "compiler" in exact.not_compiled
    assert exact.translate("I love you.") == regard.load(model_folder, dtype="float64").translate("I love you.")
