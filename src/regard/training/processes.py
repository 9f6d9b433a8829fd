"""The processes that train one network together: what the trainer needs to know of them, and the usual case, one.

Every process computes the same order of batches and takes its rows of each, so that all of them together see what one
process would have seen. Gradients are summed, and every process changes the weights in the same way. Randomness
(dropout) is drawn anew for each update from the seed, the update and the process, so nothing of it has to be saved and
a run can go on with another number of processes.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from regard.models import AnyModel, load_weights


class Processes(ABC):
    """A group of processes; ``rank`` says which one this is, counted from 0, of ``size``."""

    rank: int
    size: int
    can_retry: bool = True
    """Whether one process may compute a batch twice while the others do it once."""

    @property
    def is_first(self) -> bool:
        """Whether this is the one that validates, writes and speaks."""
        return self.rank == 0

    @abstractmethod
    def network(self, model: AnyModel) -> AnyModel:
        """The network that is trained, made from a plain one: itself, or one whose weights are distributed."""

    @abstractmethod
    def sum_gradients(self, network: nn.Module) -> None:
        """Adds up the gradients that the processes have computed."""

    @abstractmethod
    def sum(self, values: Sequence[float]) -> list[float]:
        """The sums of some numbers over all processes, the same in each of them."""

    @abstractmethod
    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Distributed tensors put together. All processes have to ask for it."""

    @abstractmethod
    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        """This process's part of a tensor, distributed as ``like`` is."""

    @abstractmethod
    def wait(self) -> None:
        """Waits for all the others."""

    def from_first(self, value: float) -> float:
        """A number that only the first process knows."""
        return self.sum([value if self.is_first else 0.0])[0]

    def any(self, value: bool) -> bool:
        """Whether it is so in one of them at least."""
        return self.sum([float(value)])[0] > 0

    def load(self, network: nn.Module, weights: Mapping[str, Tensor]) -> None:
        """Copies whole weights into the network.

        Raises:
            ShapeError: names or shapes differ from the network's.
        """
        parameters = dict(network.named_parameters())
        load_weights(
            network, {name: self._own_or_whole(tensor, parameters.get(name)) for name, tensor in weights.items()}
        )

    def begin_update(self, network: AnyModel, *, seed: int, step: int) -> None:
        """Gives each process randomness of its own for an update; one process alone goes on with what it has."""
        if self.size > 1:
            network.noise.generator = np.random.Generator(np.random.SFC64([seed, step, self.rank]))
            torch.manual_seed(int(network.noise.generator.integers(2**62)))

    def _own_or_whole(self, whole: Tensor, like: Tensor | None) -> Tensor:
        return whole if like is None or whole.shape != like.shape else self.own(whole, like)


@final
class Alone(Processes):
    """One process."""

    rank = 0
    size = 1

    def network(self, model: AnyModel) -> AnyModel:
        """The model itself."""
        return model

    def sum_gradients(self, network: nn.Module) -> None:
        """There is nothing to add."""

    def sum(self, values: Sequence[float]) -> list[float]:
        """The numbers."""
        return list(values)

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors."""
        return dict(tensors)

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        """All of it."""
        return whole

    def wait(self) -> None:
        """Nobody is waited for."""
