"""How a Marian folder asks to be searched with: taken over where ours can, and said where not."""

from pathlib import Path
from typing import Any

import pytest

from regard.convert.marian_search import MarianSearch, read_search
from regard.errors import SettingsError

PAD, UNK = 59_513, 1
USUAL = {  # as in the folders of OPUS-MT
    "bad_words_ids": [[PAD]],
    "bos_token_id": 0,
    "decoder_start_token_id": PAD,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
    "max_length": 512,
    "num_beams": 6,
    "pad_token_id": PAD,
    "renormalize_logits": True,
    "transformers_version": "4.32.0.dev0",
}
WRITTEN_OUT = {  # the library's own defaults, as its older versions wrote them
    **{"max_length": 20, "min_length": 0, "do_sample": False, "early_stopping": False, "num_beams": 1},
    **{"num_beam_groups": 1, "diversity_penalty": 0.0, "temperature": 1.0, "top_k": 50, "top_p": 1.0},
    **{"repetition_penalty": 1.0, "length_penalty": 1.0, "no_repeat_ngram_size": 0, "bad_words_ids": None},
    **{"encoder_no_repeat_ngram_size": 0, "num_return_sequences": 1, "forced_bos_token_id": None},
}


def search(generation: dict[str, Any], **config: Any) -> MarianSearch:
    return read_search(
        Path("folder"), {"max_position_embeddings": 512, **config}, generation, never_chosen=(PAD, UNK, PAD)
    )


def test_what_ours_know_is_taken_over() -> None:
    found = search({"num_beams": 4, "length_penalty": 0.6, "no_repeat_ngram_size": 3, "max_length": 100})
    # Theirs counts the token that a translation starts with.
    assert found.settings == {"beam_size": 4, "length_penalty": 0.6, "no_repeat_ngram": 3, "max_length": 99}
    assert found.left_out == ()


def test_without_a_word_it_is_greedy_as_theirs_and_of_any_length() -> None:
    assert search({}).settings == {"beam_size": 1}


def test_a_usual_folder_asks_for_its_beam_alone() -> None:
    for found in (search(USUAL), search({}, **USUAL)):
        assert found == MarianSearch({"beam_size": 6}, ())


def test_defaults_that_are_written_out_ask_for_nothing() -> None:
    assert search(WRITTEN_OUT).left_out == ()
    assert "max_length" not in search(WRITTEN_OUT).settings


def test_the_older_place_counts_where_the_newer_says_nothing() -> None:
    assert search({}, num_beams=6).settings["beam_size"] == 6
    assert search({"num_beams": None}, num_beams=6).settings["beam_size"] == 6
    assert search({"num_beams": 4}, num_beams=6).settings["beam_size"] == 4
    assert search({"num_beams": None}).settings == {"beam_size": 1}


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [
        ({"do_sample": True, "repetition_penalty": 1.2}, ("do_sample", "repetition_penalty")),
        ({"bad_words_ids": [[PAD], [7, 8]]}, ("bad_words_ids",)),
        ({"suppress_tokens": [PAD, UNK]}, ()),
        ({"suppress_tokens": [PAD, 7]}, ("suppress_tokens",)),
        ({"suppress_tokens": 7}, ("suppress_tokens",)),
        ({"max_new_tokens": 50, "min_length": 3}, ("max_new_tokens", "min_length")),
        ({"forced_bos_token_id": 7}, ("forced_bos_token_id",)),
    ],
    ids=["drawing", "bad words", "controls", "a piece", "no list", "lengths", "beginning"],
)
def test_what_ours_do_not_know_is_named(asked: dict[str, Any], left_out: tuple[str, ...]) -> None:
    assert search(asked).left_out == left_out


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"num_beams": 2000}, r"num_beams in folder/generation_config.json is 2000, .* from 1 to 1000 is expected"),
        ({"num_beams": "4"}, r"num_beams in .* is '4', and a whole number from 1 to 1000 is expected"),
        ({"length_penalty": -1}, r"length_penalty in .* is -1, and a number of at least 0 is expected"),
        ({"no_repeat_ngram_size": 2.5}, r"no_repeat_ngram_size in .* is 2.5, and a whole number from 0 to 100 is"),
        ({"max_length": 1}, r"max_length in .* is 1, and a whole number of at least 2, the start counted, is expected"),
        ({"max_length": [9]}, r"max_length in .* is \[9\], and a whole number of at least 2"),
    ],
    ids=["beams", "text", "penalty", "run", "length", "list"],
)
def test_a_wrong_value_is_named_with_its_file_in_one_line(value: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        search(value)
    assert "\n" not in str(refused.value)
    assert "http" not in str(refused.value)
    with pytest.raises(SettingsError, match=r"in folder/config.json is"):
        search({}, **value)


def test_all_wrong_values_are_said_at_once() -> None:
    with pytest.raises(
        SettingsError, match=r"num_beams in .*generation_config.json.*; length_penalty in folder/config"
    ):
        search({"num_beams": 0}, length_penalty="x")
