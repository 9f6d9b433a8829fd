"""How long a source may be, and how long a translation may grow."""

import math
from collections.abc import Sequence

from regard.errors import TokenLimitError
from regard.settings.decoding import DecodingSettings


def max_target_length(source_length: int, settings: DecodingSettings, *, max_positions: int | None = None) -> int:
    """How many tokens may be generated, EOS counted: ``max_length``, else twice the source's tokens plus 20.

    Never more than ``max_length_ratio`` tokens per token of the source (but one), nor than ``max_positions``, if the
    model has a limit of its own.
    """
    limit = 2 * source_length + 20 if settings.max_length is None else settings.max_length
    if settings.max_length_ratio is not None:
        limit = min(limit, max(1, math.floor(settings.max_length_ratio * source_length)))
    return limit if max_positions is None else min(limit, max_positions)


def check_source_lengths(sources: Sequence[Sequence[int]], max_source_tokens: int) -> None:
    """Refuses sentences with too many tokens, before any tensor is made of them.

    Raises:
        TokenLimitError: names the first such sentence (counted from 1), its tokens and the limit.
    """
    for number, source in enumerate(sources, start=1):
        if len(source) > max_source_tokens:
            raise TokenLimitError(
                f"sentence {number} has {len(source):,} tokens, but at most {max_source_tokens:,} are allowed; "
                "split it, or raise decoding.max_source_tokens"
            )
