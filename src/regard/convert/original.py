"""What is converted: a trained Transformer of ours, and its weights under names that other toolkits can ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from regard.positions import sinusoidal, sinusoidal_halves
from regard.settings import ModelSettings, Settings
from regard.text.vocabulary import Vocabulary
from regard.translator import Translator, load

Array = NDArray[np.float32]

_FEWEST_POSITIONS: Final = 1025
_FORMULAS: Final = MappingProxyType({"sinusoidal": sinusoidal, "sinusoidal-halves": sinusoidal_halves})


@final
@dataclass(frozen=True, eq=False)
class Original:
    """A model of ours in float32 on the CPU: what a converted one must agree with."""

    translator: Translator

    @classmethod
    def load(cls, folder: Path) -> "Original":
        """The model of a model folder or a run folder.

        Raises:
            BundleError: the folder is missing, damaged or not what it says it is.
        """
        return cls(load(folder, device="cpu", dtype="float32"))

    @property
    def settings(self) -> Settings:
        """Everything it was made from."""
        return self.translator.settings

    @property
    def network(self) -> ModelSettings:
        """The shape of the network."""
        return self.settings.model

    @property
    def vocabulary(self) -> Vocabulary:
        """The pieces, by id."""
        return self.translator.tokenizer.vocabulary

    @property
    def most_positions(self) -> int:
        """Positions that a format needs which keeps them as a table: the longest source, or its longest translation."""
        if self.network.positions == "learned":
            return self.network.max_length
        return max(_FEWEST_POSITIONS, 2 * self.settings.decoding.max_source_tokens + 21)

    @property
    def longest_translation(self) -> int:
        """Tokens of the longest translation, its end counted: as the model's search says, or its positions."""
        own, most = self.settings.decoding.max_length, self.most_positions - 1
        return most if own is None else min(own, most)

    @cached_property
    def weights(self) -> "Weights":
        """Its weights."""
        return Weights(self.translator.model.state_dict())

    def position_table(self, side: Literal["source", "target"]) -> Array:
        """The vector added at each position; zeros where none is (``none``, or rotary positions)."""
        learned = f"{side}_embedding.positions.table"
        if learned in self.weights:
            return self.weights.array(learned)
        if self.network.positions not in _FORMULAS:
            return np.zeros((self.most_positions, self.network.model_dim), np.float32)
        return _array(_FORMULAS[self.network.positions](self.most_positions, self.network.model_dim))


@final
@dataclass(frozen=True, eq=False)
class Product:
    """A linear map ``x Wᵀ + b``; ``weight`` is (output, input)."""

    weight: Array
    bias: Array


@final
class Weights:
    """Arrays by the names our model files use, which never change; what we keep fused can be had in parts."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def table(self, embedding: str) -> str:
        """The name of an embedding's table; a source that is tied has the target's."""
        own = f"{embedding}.tokens.weight"
        return own if own in self else "target_embedding.tokens.weight"

    def array(self, name: str) -> Array:
        """One weight as a float32 array."""
        return _array(self._tensors[name])

    def product(self, name: str, part: int = 0, *, parts: int = 1) -> Product:
        """A linear map, or one part of a fused one: 0, 1, 2 of a self-attention are queries, keys, values."""
        weight, bias = self.array(f"{name}.weight"), self.array(f"{name}.bias")
        rows = slice(part * (len(weight) // parts), (part + 1) * (len(weight) // parts))
        return Product(np.ascontiguousarray(weight[rows]), np.ascontiguousarray(bias[rows]))

    @property
    def output(self) -> Array:
        """The output layer, which may be the table of target embeddings."""
        return self.array("output.weight" if "output.weight" in self else "target_embedding.tokens.weight")


def _array(tensor: Tensor) -> Array:
    # A copy: other toolkits round what they are given in place, and what is verified against must stay as it is.
    return tensor.detach().to("cpu", torch.float32).numpy().copy()
