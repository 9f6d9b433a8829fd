"""Which of a model's own search settings another toolkit follows, and which are left out when it takes the model."""

from collections.abc import Set as AbstractSet
from typing import Final

from regard.settings import DecodingSettings

_ORDINARY: Final = DecodingSettings()
_NO_WISHES: Final = frozenset({"max_source_tokens", "batch_tokens", "deterministic", "seed", "diversity"})
"""What says how much is read or computed at once, or says nothing alone."""


def left_out(search: DecodingSettings, followed: AbstractSet[str]) -> tuple[str, ...]:
    """The settings that a model was given for its search and that nobody follows who follows only ``followed``."""
    names = (name for name in DecodingSettings.model_fields if name not in followed | _NO_WISHES)
    return tuple(name for name in names if getattr(search, name) != getattr(_ORDINARY, name))


def followed_part(search: DecodingSettings, followed: AbstractSet[str]) -> DecodingSettings:
    """The search that is left of a model's own where only ``followed`` is followed: ordinary in all the rest."""
    return DecodingSettings.model_validate({name: getattr(search, name) for name in followed | _NO_WISHES})
