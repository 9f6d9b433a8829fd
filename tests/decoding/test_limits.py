"""Limits on sources and translations."""

import pytest

from regard.decoding import check_source_lengths, max_target_length
from regard.errors import TokenLimitError


def test_the_longest_translation_follows_from_the_source() -> None:
    assert [max_target_length(length, None) for length in (1, 10, 500)] == [22, 40, 1020]


def test_a_given_maximum_length_wins() -> None:
    assert max_target_length(10, 3) == 3
    assert max_target_length(10, 3000) == 3000


def test_a_source_at_the_limit_is_accepted_and_one_token_more_is_refused() -> None:
    check_source_lengths([[5] * 4, []], 4)
    message = r"sentence 2 has 5 tokens, but at most 4 are allowed; split it, or raise decoding\.max_source_tokens"
    with pytest.raises(TokenLimitError, match=message):
        check_source_lengths([[5] * 4, [5] * 5, [5] * 6], 4)
