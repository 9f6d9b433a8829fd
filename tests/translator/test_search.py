"""The options of a call over the model's settings."""

import pytest

from regard.errors import SettingsError
from regard.settings import DecodingSettings
from regard.translator.search import search_settings

OWN = DecodingSettings(beam_size=4, length_penalty=0.7, max_length=None)


def test_what_is_not_given_is_the_model_s_own() -> None:
    assert search_settings(OWN, {}) == OWN
    assert search_settings(OWN, {"beam_size": None, "max_length": None}) == OWN


def test_what_is_given_replaces_one_setting() -> None:
    assert search_settings(OWN, {"beam_size": 2}) == OWN.model_copy(update={"beam_size": 2})
    assert search_settings(OWN, {"length_penalty": 1}) == OWN.model_copy(update={"length_penalty": 1.0})


@pytest.mark.parametrize("wrong", ["5", True, 2.5, [1], object(), float("nan")])
def test_wrong_types_are_refused(wrong: object) -> None:
    with pytest.raises(SettingsError, match="the options of this call"):
        search_settings(OWN, {"beam_size": wrong})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError, match=r"(?s)beam_size.*max_length"):
        search_settings(OWN, {"beam_size": 0, "max_length": 0})


@pytest.mark.parametrize("penalty", [float("inf"), float("-inf"), float("nan"), -1])
def test_what_is_no_finite_number_is_named(penalty: float) -> None:
    expected = rf"decoding\.length_penalty = \W?{penalty}\W?; expected a number, at least 0"
    with pytest.raises(SettingsError, match=expected):
        search_settings(OWN, {"length_penalty": penalty})
