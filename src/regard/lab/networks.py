"""The networks the lab trains, each once for all experiments that need it: one small Transformer and what differs.

All read the same short sentences of the built-in corpus, so that longer ones are new to them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.lab.effort import Effort
from regard.lab.sentences import write_short_pairs
from regard.settings import Settings, load_settings

NETWORKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sinusoidal": ("model.positions='sinusoidal'",),
        "learned": ("model.positions='learned'",),
        "rotary": ("model.positions='rotary'",),
        "none": ("model.positions='none'",),
        "no-feedforward": ("model.feedforward='none'",),
        "no-future-mask": ("model.future_mask=false",),
    }
)
"""What each differs in from the others."""

# Few subwords, few layers and small batches, so that minutes hold many updates.
_SMALL: Final = (
    "text.vocab_size=2000",
    "model.encoder_layers=2",
    "model.decoder_layers=2",
    "training.batch_tokens=2048",
    "training.learning_rate=3e-3",
    "training.warmup_steps=150",
    "training.valid_sentences=200",
    "training.valid_metric='loss'",
    "data.check_alignment=false",
)


def network_settings(name: str, effort: Effort, data: Path) -> Settings:
    """The settings of a network of the lab; the pairs it reads are written into the folder ``data`` if need be."""
    files = write_short_pairs(data, effort.corpus_size)
    given = [f"data.{key}={json.dumps(str(path.absolute()), ensure_ascii=False)}" for key, path in files.items()]
    return load_settings(None, [*overrides_of(name, effort), *given], preset="tiny")


def overrides_of(name: str, effort: Effort) -> list[str]:
    """What a network's settings have over those of the preset."""
    return [*_SMALL, *NETWORKS[name], *effort.overrides]
