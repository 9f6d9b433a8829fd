"""Beams that share one cache: which of its cells a beam may look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention.extent import Extent
from regard.attention.mask import Mask
from regard.attention.reason import Reason
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight
from regard.errors import ShapeError

Parents = tuple[tuple[tuple[int, ...], ...], ...]


@final
@dataclass(frozen=True)
class Ancestry(Mask):
    """A beam may look at the cells of its own past, where all beams of a sentence write into one cache.

    Step s writes the cells at positions s · beam_size to (s + 1) · beam_size - 1, one per beam. Nothing is moved when
    beams are chosen anew: what a beam may see is a mask, and beam search can be explained like any attention.

    Attributes:
        parents: ``parents[row][step][beam]`` is the beam of step ``step`` that the beam of step ``step + 1`` continues.
        beam_size: how many cells each step writes.

    Raises:
        ShapeError: a parent that does not exist, or rows of different numbers of steps.
    """

    parents: Parents
    beam_size: int

    reason = Reason.OTHER_HYPOTHESIS

    def __post_init__(self) -> None:
        if self.beam_size < 1 or not self.parents or len(set(map(len, self.parents))) > 1:
            raise ShapeError(
                f"`parents` must hold at least one row, all of equally many steps, of at least one beam; given are "
                f"{self.beam_size} beams and rows of {list(map(len, self.parents))} steps"
            )
        for step in (step for row in self.parents for step in row):
            if len(step) != self.beam_size or not all(0 <= beam < self.beam_size for beam in step):
                raise ShapeError(
                    f"each step names one parent per beam, from 0 to {self.beam_size - 1}, but one is {list(step)}"
                )

    @classmethod
    def at_start(cls, num_rows: int, beam_size: int) -> "Ancestry":
        """After the first step: every beam sees its own cell."""
        return cls(((),) * num_rows, beam_size)

    def then(self, parents: Sequence[Sequence[int]]) -> "Ancestry":
        """After one step more, in which ``parents[row][beam]`` was continued."""
        rows = zip(self.parents, parents, strict=True)
        return Ancestry(tuple((*row, tuple(step)) for row, step in rows), self.beam_size)

    @property
    def num_steps(self) -> int:
        """How many steps have written into the cache."""
        return len(self.parents[0]) + 1

    @property
    def sight(self) -> Sight:
        """Its own cell."""
        return Sight.OWN

    @property
    def extent(self) -> Extent:
        """One row per sentence, one key per cell of the cache."""
        return Extent(num_rows=len(self.parents), num_keys=self.num_steps * self.beam_size)

    def rule(self, on: Rectangle) -> Bool[Tensor, "batch 1 query key"]:
        """True at the query's own cell, its parent's, and so on to the first step."""
        num_cells = self.num_steps * self.beam_size
        if on.last_query >= num_cells:
            raise ShapeError(
                f"the cache has {num_cells} cells, {self.beam_size} of each of {self.num_steps} steps, but "
                f"queries reach position {on.last_query}; a query is one of the cells"
            )
        parent = self._parent_cells(on.device)
        cell = on.queries[:, 0].expand(len(self.parents), -1)
        allowed = torch.zeros(*cell.shape, on.num_keys, dtype=torch.bool, device=on.device)
        for _ in range(self.num_steps):
            allowed.scatter_(-1, cell[..., None], True)
            cell = parent.gather(-1, cell)
        return allowed[:, None]

    def _parent_cells(self, device: torch.device | str) -> Tensor:
        """For each cell the one it continues; cells of the first step continue themselves."""
        beams = torch.tensor(self.parents, dtype=torch.long, device=device).view(len(self.parents), -1)
        steps = torch.arange(self.num_steps - 1, device=device).repeat_interleave(self.beam_size)
        first = torch.arange(self.beam_size, device=device).expand(len(self.parents), -1)
        return torch.cat((first, steps * self.beam_size + beams), dim=1)
