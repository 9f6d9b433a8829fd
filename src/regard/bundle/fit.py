"""Whether the weights in a file are those of the network that the settings describe. Nothing is allocated."""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import torch
from torch.overrides import TorchFunctionMode

from regard.bundle.header import Header
from regard.models import build_model
from regard.settings import ModelSettings


class FitError(ValueError):
    """Weights and settings that do not belong together; the message says which tensor shows it."""


_DRAWING: Final = ("normal_", "uniform_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "orthogonal_")

Shapes = Mapping[str, tuple[int, ...]]


def check_fit(header: Header, aliases: Mapping[str, str], settings: ModelSettings, vocab_size: int) -> None:
    """Compares every tensor's name and shape with those of the network ``settings`` and ``vocab_size`` make.

    Raises:
        FitError: they differ, or the settings describe a network larger than the file.
    """
    given = {name: fact.shape for name, fact in header.tensors.items()}
    for alias, name in aliases.items():
        if alias in given or name not in given:
            raise FitError(f"the manifest says that tensor {alias!r:.80} shares {name!r:.80}, which cannot be")
    given |= {alias: given[name] for alias, name in aliases.items()}
    for name, fact in header.tensors.items():
        if not fact.dtype.is_floating_point:
            _refuse(name, f"is {fact.dtype}, but a floating-point type is expected")
    _refuse_giants(header, settings, vocab_size)
    _compare(given, expected_shapes(settings, vocab_size))


def expected_shapes(settings: ModelSettings, vocab_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a network, found without allocating it."""
    with _WithoutMemory():
        weights = build_model(settings, vocab_size).state_dict()
    return {name: tuple(weight.shape) for name, weight in weights.items()}


class _WithoutMemory(TorchFunctionMode):
    """Gives new weights a shape but no memory, and draws nothing into them.

    ``torch.device("meta")`` alone would do this too, but loads a second's worth of symbolic algebra on the way.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.__name__ in _DRAWING:
            return args[0] if args else kwargs["tensor"]
        if func in (torch.empty, torch.zeros, torch.ones):
            return func(*args, **{**(kwargs or {}), "device": "meta"})
        return func(*args, **(kwargs or {}))


def _refuse_giants(header: Header, settings: ModelSettings, vocab_size: int) -> None:
    """Even the table of embeddings alone must fit in the file."""
    stored = sum(fact.num_bytes for fact in header.tensors.values())
    if vocab_size * settings.model_dim > stored:
        raise FitError(
            f"config.json describes {vocab_size} pieces of {settings.model_dim} features, which is more than "
            f"model.safetensors holds"
        )


def _compare(given: Shapes, expected: Shapes) -> None:
    for name in sorted(expected.keys() | given.keys()):
        if name not in given:
            _refuse(name, "is missing")
        if name not in expected:
            _refuse(name, "is not part of such a network")
        if given[name] != expected[name]:
            _refuse(name, f"has the shape {given[name]}, but {expected[name]} is expected")


def _refuse(name: str, what: str) -> NoReturn:
    raise FitError(f"the weights are not those of the network in config.json: tensor {name!r:.80} {what}")
