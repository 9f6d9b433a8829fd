"""Limits on sources and translations."""

import pytest

from regard.decoding import check_source_lengths, max_target_length
from regard.errors import TokenLimitError
from regard.settings import DecodingSettings


def test_the_longest_translation_follows_from_the_source() -> None:
    assert [max_target_length(length, DecodingSettings()) for length in (1, 10, 500)] == [22, 40, 1020]


@pytest.mark.parametrize("given", [3, 3000])
def test_a_given_maximum_length_wins(given: int) -> None:
    assert max_target_length(10, DecodingSettings(max_length=given)) == given


@pytest.mark.parametrize(("given", "expected"), [(None, 30), (25, 25), (35, 30)])
def test_a_model_with_few_positions_is_never_driven_beyond_them(given: int | None, expected: int) -> None:
    assert max_target_length(10, DecodingSettings(max_length=given), max_positions=30) == expected


def test_a_source_at_the_limit_is_accepted_and_one_token_more_is_refused() -> None:
    check_source_lengths([[5] * 4, []], 4)
    message = r"sentence 2 has 5 tokens, but at most 4 are allowed; split it, or raise decoding\.max_source_tokens"
    with pytest.raises(TokenLimitError, match=message):
        check_source_lengths([[5] * 4, [5] * 5, [5] * 6], 4)
