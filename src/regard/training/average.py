"""Averages of weights: exponential over updates, or plain over checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn

from regard.models import weights_of


@final
class MovingAverage:
    """An exponential moving average of a network's weights (Polyak & Juditsky 1992, in its exponential form).

    Early on the average forgets faster, by (1 + n) / (10 + n) after n updates, so that fresh weights leave no trace.
    Of low-rank changes the two factors are averaged, as is usual: a mean of their products would have a higher rank.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: weight.clone() for name, weight in weights_of(model).items()}

    def update(self, model: nn.Module, *, num_updates: int) -> None:
        """Moves the average towards the weights after the ``num_updates``-th update."""
        decay = min(self.decay, (1 + num_updates) / (10 + num_updates))
        # By name: an average that was read from a checkpoint may list the weights in another order.
        now = weights_of(model)
        torch._foreach_lerp_(list(self.weights.values()), [now[name] for name in self.weights], 1 - decay)


def mean_of(many: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The plain mean of several sets of weights, in their own type (Vaswani et al. 2017, section 6.1)."""
    first, *rest = many
    total = {name: tensor.to(torch.float64) for name, tensor in first.items()}
    for weights in rest:
        for name, tensor in weights.items():
            total[name] += tensor
    return {name: (tensor / len(many)).to(first[name].dtype) for name, tensor in total.items()}


@contextmanager
def lent(model: nn.Module, weights: Mapping[str, Tensor]) -> Iterator[None]:
    """Within the block the network has other weights; then its own again."""
    own = weights_of(model)
    kept = {name: tensor.clone() for name, tensor in own.items()}
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])
        try:
            yield
        finally:
            for name, tensor in own.items():
                tensor.copy_(kept[name])
