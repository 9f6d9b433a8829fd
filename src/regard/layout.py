"""Which cells of a rectangle of ids are real tokens.

Enters: the lengths of sentences laid side by side. Leaves: a ``Layout``, a fact about a batch.
Must not know: attention (a mask is a conclusion the model draws from these facts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from regard.errors import ShapeError


@dataclass(frozen=True)
class Layout:
    """Sentences of ``lengths`` real tokens, left-aligned in rows of ``width`` cells.

    The lengths stay on the host: comparing or hashing two layouts never waits for a device.

    Raises:
        ShapeError: a length is negative or longer than the width.
    """

    lengths: tuple[int, ...]
    width: int

    def __post_init__(self) -> None:
        wrong = [length for length in self.lengths if not 0 <= length <= self.width]
        if wrong:
            raise ShapeError(f"`lengths` must lie between 0 and the width {self.width}, but {wrong[0]} is given")

    @classmethod
    def of(cls, lengths: Sequence[int], *, width: int | None = None) -> "Layout":
        """A layout as wide as its longest sentence, or ``width`` cells wide."""
        longest = max(lengths, default=0)
        return cls(tuple(lengths), longest if width is None else width)

    @property
    def num_rows(self) -> int:
        """How many sentences."""
        return len(self.lengths)

    @property
    def num_tokens(self) -> int:
        """How many cells are real tokens."""
        return sum(self.lengths)

    @property
    def padding_share(self) -> float:
        """The share of cells that are padding, between 0 and 1."""
        cells = self.num_rows * self.width
        return 1 - self.num_tokens / cells if cells else 0.0

    @cached_property
    def is_full(self) -> bool:
        """Whether no cell is padding."""
        return all(length == self.width for length in self.lengths)

    def real(self, *, device: torch.device | str = "cpu") -> Bool[Tensor, "batch position"]:
        """True where a cell holds a real token."""
        lengths = torch.tensor(self.lengths, dtype=torch.long).to(device, non_blocking=True)
        return torch.arange(self.width, device=device)[None, :] < lengths[:, None]

    def select(self, rows: Sequence[int] | Int[Tensor, " picked"]) -> "Layout":
        """The layout of some of the rows, in the given order, at the same width."""
        picked = rows.tolist() if isinstance(rows, Tensor) else rows
        return Layout(tuple(self.lengths[row] for row in picked), self.width)
