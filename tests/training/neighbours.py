"""Processes of one training without any: threads, which tests of several rooms let agree on something."""

from collections.abc import Mapping, Sequence
from threading import Barrier
from typing import Final

from torch import Tensor, nn

from regard.models import AnyModel
from regard.training import Processes

_SECONDS: Final = 100


class Neighbours(Processes):
    """Processes that are threads: what they tell each other goes through a list."""

    def __init__(self, rank: int, told: list[Sequence[float]], meeting: Barrier) -> None:
        self.rank, self.size, self._told, self._meeting = rank, len(told), told, meeting

    def network(self, model: AnyModel) -> AnyModel:
        return model

    def sum_gradients(self, network: nn.Module) -> None:
        """The weights are not what is looked at."""

    def sum(self, values: Sequence[float]) -> list[float]:
        self._told[self.rank] = values
        self._meeting.wait()
        sums = [sum(each) for each in zip(*self._told, strict=True)]
        self._meeting.wait()
        return sums

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(tensors)

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        return whole

    def wait(self) -> None:
        self.sum([0.0])


def neighbours(count: int) -> list[Processes]:
    """So many of them, by rank; each belongs to a thread of its own."""
    told: list[Sequence[float]] = [()] * count
    meeting = Barrier(count, timeout=_SECONDS)
    return [Neighbours(rank, told, meeting) for rank in range(count)]
