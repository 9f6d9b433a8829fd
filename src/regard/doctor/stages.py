"""Watches a network at work, so that a fault can be followed to the part, the head and the position it begins at.

A stage is what one module put out, or what the heads of one attention made of their values; stages come in the order
in which they were computed, so the first one that is wrong is where the fault lies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from regard.attention import Place, View
from regard.models import AnyModel
from regard.models.layers import Embedding
from regard.models.witness import Attended


@final
@dataclass(frozen=True, eq=False)
class Stage:
    """One intermediate result; ``head`` has size 1 where there are no heads."""

    part: str
    vectors: Float[Tensor, "batch head position features"]

    def place(self, index: tuple[int, ...]) -> Place:
        """Where in the network (head, position, …) of this stage is."""
        head, position, *_ = index
        return Place(self.part, head if self.vectors.shape[1] > 1 else None, query=position)


@final
@dataclass(frozen=True, eq=False)
class Look:
    """One attention at work: its name, the position of its first query, and what it did."""

    name: str
    first: int
    attended: Attended


@final
@dataclass(eq=False)
class Recording:
    """All stages of what was run while recording, and all looks."""

    stages: list[Stage] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    def joined(self) -> "Recording":
        """Each part once, its calls put behind each other: the steps of decoding become one sequence.

        The heads of an attention and the module around them may share a name, but not a number of features.
        """
        parts: dict[tuple[str, int], list[Tensor]] = {}
        for stage in self.stages:
            parts.setdefault((stage.part, stage.vectors.shape[3]), []).append(stage.vectors)
        return Recording([Stage(part, torch.cat(calls, dim=2)) for (part, _), calls in parts.items()])


@contextmanager
def recorded(model: AnyModel) -> Iterator[Recording]:
    """Records what the network computes meanwhile, with attention on the plain path."""
    recording = Recording()
    cores = model.attentions()
    before = {name: (core.witness, core.path) for name, core in cores.items()}
    handles = [
        module.register_forward_hook(partial(_keep, recording, name))
        for name, module in model.named_modules()
        if name and not isinstance(module, Embedding)
    ]
    for name, core in cores.items():
        core.witness, core.path = _Beside(name, recording), "plain"
    try:
        yield recording
    finally:
        for handle in handles:
            handle.remove()
        for name, core in cores.items():
            core.witness, core.path = before[name]


def _keep(recording: Recording, name: str, _module: nn.Module, _inputs: Any, output: Any) -> None:
    first = output[0] if isinstance(output, tuple) else output
    if isinstance(first, Tensor) and first.is_floating_point() and first.ndim == 3:
        recording.stages.append(Stage(name, first[:, None]))


@final
class _Beside:
    """Stands beside one attention and notes what it did. Positions go on from call to call, as steps of decoding do."""

    def __init__(self, name: str, recording: Recording) -> None:
        self.name = name
        self.recording = recording
        self.position = 0

    def admit(self, view: View) -> View:
        """As it is."""
        return view

    def saw(self, attended: Attended) -> None:
        """Notes it."""
        self.recording.looks.append(Look(self.name, self.position, attended))
        self.recording.stages.append(Stage(self.name, attended.steps.context))
        self.position += attended.queries.shape[2]


def first_difference(
    one: Recording, other: Recording, *, rows: tuple[int, int] = (0, 0), tolerance: float
) -> Place | None:
    """The first stage that differs between a row of ``one`` and a row of ``other``, over the shorter's positions."""
    waiting: dict[tuple[str, int], list[Tensor]] = {}
    for stage in other.stages:
        waiting.setdefault((stage.part, stage.vectors.shape[3]), []).append(stage.vectors)
    for stage in one.stages:
        same = waiting.get((stage.part, stage.vectors.shape[3]))
        if not same:
            continue
        theirs, ours = same.pop(0)[rows[1]], stage.vectors[rows[0]]
        length = min(ours.shape[1], theirs.shape[1])
        accepted = tolerance * max(1.0, float(ours.abs().max()))
        different = ~((ours[:, :length] - theirs[:, :length]).abs() <= accepted).all(-1)  # NaN is different too
        if bool(different.any()):
            position, head = different.t().nonzero()[0].tolist()
            return stage.place((head, position))
    return None


def first_non_finite(recording: Recording) -> Place | None:
    """The first stage that holds a NaN or an infinity, and the first position there."""
    for stage in recording.stages:
        broken = ~stage.vectors.isfinite().all(-1)
        if bool(broken.any()):
            sentence, head, position = broken.nonzero()[0].tolist()
            place = stage.place((head, position))
            return Place(place.part, place.head, sentence, position)
    return None
