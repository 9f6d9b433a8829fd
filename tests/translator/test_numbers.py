"""Types of computation through the translator: what is explained is what runs, in each of them."""

import pytest

import regard
from regard.errors import SettingsError
from regard.models import NUMBERS

TEXTS = ["one two three", "nine", "four zero", ""]


@pytest.mark.guarantee(
    "Recording changes nothing, whatever is computed in",
    area="looking",
    control="test_other_numbers_give_other_scores",
)
@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("dtype", NUMBERS)
def test_recording_changes_no_translation_in_any_type(tiny_run, dtype: str, beam_size: int) -> None:
    translator = regard.load(tiny_run, dtype=dtype)
    for text in TEXTS:
        plain = translator.translate(text, beam_size=beam_size)
        assert translator.explain(text, beam_size=beam_size).translation.text == plain.text


def test_other_numbers_give_other_scores(tiny_run) -> None:
    scores = {dtype: regard.load(tiny_run, dtype=dtype).translate(TEXTS[0]).score for dtype in NUMBERS}
    assert len(set(scores.values())) == len(NUMBERS)
    assert max(scores.values()) - min(scores.values()) < 0.05


def test_a_trace_says_what_was_computed_in(tiny_run) -> None:
    said = {dtype: regard.load(tiny_run, dtype=dtype).explain("nine").header.model.dtype for dtype in NUMBERS}
    assert said == {name: name for name in NUMBERS} | {"int8": "int8 (bfloat16)"}


def test_auto_is_one_of_the_types(tiny_run) -> None:
    assert regard.load(tiny_run, dtype="auto").model.numbers in NUMBERS


def test_eight_bits_are_for_the_cpu(tiny_run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(SettingsError, match="dtype int8 is for the CPU, but the device is cuda; use bfloat16 there"):
        regard.load(tiny_run, dtype="int8", device="cuda")
