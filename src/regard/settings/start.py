"""Fine-tuning: what a run takes over from the model it goes on from, and what it may not contradict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from regard.settings.layer import Given, Key, Layer, layer_of_tables, shown
from regard.settings.preset import Tables, batch_tokens_for
from regard.settings.whole import Settings

_RATE: Final = 3e-4
_WARMUP: Final = 100
_TAKEN_OVER: Final = ("model", "text", "decoding")
_FREE: Final = frozenset({("text", "sampling")})


@final
@dataclass(frozen=True)
class Start:
    """A trained model to go on from: its settings, and what to call it in messages."""

    settings: Settings
    name: str

    def layer(self, *, num_pairs: int | None) -> Layer:
        """What fine-tuning begins with in place of a preset.

        Network, subwords, languages and search are the model's. The learning rate is a fifth of what a new network of
        the preset ``small`` gets, since large steps undo what was learned; batches suit the number of pairs.
        """
        tables: Tables = self.settings.model_dump(mode="python", include=set(_TAKEN_OVER))
        data = self.settings.data
        tables["data"] = {"source_language": data.source_language, "target_language": data.target_language}
        tables["training"] = {"learning_rate": _RATE, "warmup_steps": _WARMUP}
        if num_pairs is not None and (tokens := batch_tokens_for(num_pairs)) is not None:
            tables["training"]["batch_tokens"] = tokens
        return layer_of_tables(tables, lambda *_: self.name)

    def contradictions(self, values: Mapping[Key, Given]) -> Iterator[str]:
        """Sentences about values that would make another network, or other subwords, than the model has."""
        for key, given in values.items():
            section, name = key
            if section in ("model", "text") and not _is_free(key) and given.value != self._value(section, name):
                yield (
                    f"{given.where}: {section}.{name} = {shown(given.value)}, but {self.name} has "
                    f"{shown(self._value(section, name))}, and training goes on from it; leave {section}.{name} out"
                )

    def _value(self, section: str, name: str) -> Any:
        return getattr(getattr(self.settings, section), name)


def _is_free(key: Key) -> bool:
    """Whether a setting changes only how a network is trained, not what it is: every kind of dropout."""
    return key in _FREE or (key[0] == "model" and "drop" in key[1])
