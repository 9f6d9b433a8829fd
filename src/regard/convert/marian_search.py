"""How a Marian folder asks to be searched with: as settings of ours, and the names of what ours do not know.

It stands in ``generation_config.json``, in older folders in ``config.json``. Where neither says anything, ours does
what the transformers library does, but for its 20 tokens, which cut every longer translation and are nobody's wish.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, final

from regard.errors import SettingsError
from regard.settings import DecodingSettings

_OURS: Final = MappingProxyType(
    {
        "num_beams": ("beam_size", "a whole number from 1 to 1000"),
        "length_penalty": ("length_penalty", "a number of at least 0"),
        "no_repeat_ngram_size": ("no_repeat_ngram", "a whole number from 0 to 100"),
        "max_length": ("max_length", "a whole number of at least 2, the start counted,"),
    }
)
"""Their setting: ours, and what its value may be."""

_DEFAULT_LENGTH: Final = 20
_UNKNOWN: Final = MappingProxyType(
    {
        **{"do_sample": False, "early_stopping": False},
        **dict.fromkeys(("num_beam_groups", "num_return_sequences", "guidance_scale"), 1),
        **dict.fromkeys(("repetition_penalty", "encoder_repetition_penalty"), 1),
        **dict.fromkeys(("diversity_penalty", "encoder_no_repeat_ngram_size", "min_length"), 0),
        **dict.fromkeys(("max_new_tokens", "min_new_tokens", "max_time", "forced_bos_token_id", "force_words_ids")),
        **dict.fromkeys(("sequence_bias", "exponential_decay_length_penalty", "penalty_alpha")),
    }
)
"""Theirs that ours do not know, each with the value that asks for nothing."""

_BANS: Final = ("bad_words_ids", "suppress_tokens", "begin_suppress_tokens")


@final
@dataclass(frozen=True)
class MarianSearch:
    """The search that a folder asks for.

    Attributes:
        settings: of ours, by their names; the others are as usual.
        left_out: what it asks for beside them, by the names it has there.
    """

    settings: Mapping[str, Any]
    left_out: tuple[str, ...]


def read_search(
    folder: Path, config: Mapping[str, Any], generation: Mapping[str, Any], *, never_chosen: Sequence[int]
) -> MarianSearch:
    """What both files of a folder ask for; where they differ, the newer place counts.

    Args:
        folder: named in messages.
        config: what ``config.json`` holds.
        generation: what ``generation_config.json`` holds; nothing where there is none.
        never_chosen: their ids that no search of ours chooses; to forbid them is no wish of its own.

    Raises:
        SettingsError: a value is none that ours could have; all such values are listed.
    """
    older, newer = _said(config), _said(generation)
    given = older | newer
    if given.get("max_length") == _DEFAULT_LENGTH or _is_all_positions(given.get("max_length"), config):
        del given["max_length"]
    files = {key: folder / ("generation_config.json" if key in newer else "config.json") for key in given}
    problems = [
        f"{key} in {files[key]} is {given[key]!r:.60}, and {expected} is expected"
        for key, (ours, expected) in _OURS.items()
        if key in given and not _is_allowed(ours, _as_ours(key, given[key]))
    ]
    if problems:
        raise SettingsError(f"{'; '.join(problems)}; correct it there")
    taken = {ours: _as_ours(key, given[key]) for key, (ours, _) in _OURS.items() if key in given}
    return MarianSearch({"beam_size": 1} | taken, tuple(sorted(_left_out(given, never_chosen))))


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says: null is how it says nothing."""
    return {key: value for key, value in record.items() if value is not None}


def _is_all_positions(length: object, config: Mapping[str, Any]) -> bool:
    """Whether a length is only that of the network's table, as in most folders, and no wish for a search."""
    return type(length) is int and length >= config["max_position_embeddings"]


def _as_ours(key: str, value: Any) -> Any:
    """Their length counts the token that a translation starts with."""
    return value - 1 if key == "max_length" and type(value) is int else value


def _is_allowed(ours: str, value: Any) -> bool:
    try:
        DecodingSettings.model_validate({ours: value})
    except ValueError:
        return False
    return True


def _left_out(given: Mapping[str, Any], never_chosen: Sequence[int]) -> Iterator[str]:
    yield from (key for key, nothing in _UNKNOWN.items() if key in given and given[key] != nothing)
    nothing_new = (*never_chosen, *([each] for each in never_chosen))
    for key in _BANS:
        banned = given.get(key, [])
        if not (isinstance(banned, list) and all(each in nothing_new for each in banned)):
            yield key
