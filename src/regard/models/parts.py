"""The parts of a network by the names people use for them: ``encoder``, ``embeddings``, ``decoder.layers.0``."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from torch import nn

from regard.errors import SettingsError

_KNOWN_AS: Final = MappingProxyType(
    {
        "embeddings": ("source_embedding", "target_embedding"),
        "encoder": ("encoder", "encoder_norm"),
        "decoder": ("decoder", "decoder_norm"),
    }
)


def weights_in(model: nn.Module, parts: Sequence[str]) -> set[str]:
    """The names of all weights in some parts of a network.

    A part is ``embeddings``, ``encoder``, ``decoder``, any module's or weight's name (``decoder.0.cross``; also as
    ``decoder.layers.0.cross``), or a pattern of weights' names with ``*``.

    Raises:
        SettingsError: a name matches nothing; all such names are listed, and the parts there are.
    """
    names = [name for name, _ in model.named_parameters()]
    found = {part: {name for name in names if is_in(name, part)} for part in parts}
    unknown = [part for part in parts if not found[part]]
    if unknown:
        there = sorted({name.partition(".")[0] for name in names} | {"embeddings"})
        raise SettingsError(
            f"training.freeze: no weight of this network is in {', '.join(map(repr, unknown))}; there are "
            f"{', '.join(there)}, layers such as {_example(names)}, and patterns such as '*.bias'"
        )
    return set().union(*found.values())


def is_in(name: str, part: str) -> bool:
    """Whether a weight is in a part of a network."""
    wanted = part.replace(".layers.", ".")
    return any(name == one or name.startswith(f"{one}.") for one in _KNOWN_AS.get(wanted, (wanted,))) or fnmatchcase(
        name, wanted
    )


def _example(names: Sequence[str]) -> str:
    layers = [name for name in names if name.startswith("decoder.")]
    return ".".join(layers[0].split(".")[:2]).replace("decoder.", "decoder.layers.") if layers else names[0]
