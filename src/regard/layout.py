"""Which cells of a rectangle of ids are real tokens, and which sentence each belongs to.

Enters: the lengths of sentences laid side by side. Leaves: a ``Layout``, a fact about a batch.
Must not know: attention (a mask is a conclusion the model draws from these facts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from regard.errors import ShapeError

Segmentation = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Layout:
    """Rows of ``width`` cells; the first ``lengths[row]`` cells of a row are real tokens, the rest is padding.

    A row holds one sentence, or several behind each other: then ``segments[row]`` are their lengths. The numbers stay
    on the host: comparing or hashing two layouts never waits for a device.

    Raises:
        ShapeError: a length is negative or longer than the width, or segments do not add up to the lengths.
    """

    lengths: tuple[int, ...]
    width: int
    segments: Segmentation | None = None

    def __post_init__(self) -> None:
        wrong = [length for length in self.lengths if not 0 <= length <= self.width]
        if wrong:
            raise ShapeError(f"`lengths` must lie between 0 and the width {self.width}, but {wrong[0]} is given")
        if self.segments is not None:
            self._check_segments(self.segments)

    @classmethod
    def of(cls, lengths: Sequence[int], *, width: int | None = None) -> "Layout":
        """One sentence per row; as wide as the longest, or ``width`` cells wide."""
        longest = max(lengths, default=0)
        return cls(tuple(lengths), longest if width is None else width)

    @classmethod
    def packed(cls, segments: Sequence[Sequence[int]], *, width: int | None = None) -> "Layout":
        """Several sentences per row, by their lengths; as wide as the fullest row, or ``width`` cells wide."""
        lengths = tuple(map(sum, segments))
        return cls(lengths, max(lengths, default=0) if width is None else width, tuple(map(tuple, segments)))

    @property
    def num_rows(self) -> int:
        """How many rows."""
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

    @cached_property
    def is_packed(self) -> bool:
        """Whether some row holds more than one sentence."""
        return self.segments is not None and any(len(row) > 1 for row in self.segments)

    def real(self, *, device: torch.device | str = "cpu") -> Bool[Tensor, "batch position"]:
        """True where a cell holds a real token."""
        lengths = torch.tensor(self.lengths, dtype=torch.long).to(device, non_blocking=True)
        return torch.arange(self.width, device=device)[None, :] < lengths[:, None]

    def segment_numbers(self, *, device: torch.device | str = "cpu") -> Int[Tensor, "batch position"]:
        """Which sentence of its row a cell belongs to, counted from 0; -1 in padding."""
        return self._per_sentence([[*range(len(row) - 1), -1] for row in self._runs], device)

    def positions(self, *, device: torch.device | str = "cpu") -> Int[Tensor, "batch position"]:
        """Where in its own sentence a cell stands, counted from 0; 0 in padding."""
        starts = [[*accumulate(row[:-1], initial=0)] for row in self._runs]
        places = torch.arange(self.width, device=device) - self._per_sentence(starts, device)
        return places.masked_fill(~self.real(device=device), 0)

    def select(self, rows: Sequence[int] | Int[Tensor, " picked"]) -> "Layout":
        """The layout of some of the rows, in the given order, at the same width."""
        picked = rows.tolist() if isinstance(rows, Tensor) else rows
        segments = None if self.segments is None else tuple(self.segments[row] for row in picked)
        return Layout(tuple(self.lengths[row] for row in picked), self.width, segments)

    @property
    def _runs(self) -> Segmentation:
        """Sentences as in ``segments``, and the padding behind them as one run more."""
        sentences = self.segments or tuple((length,) for length in self.lengths)
        return tuple((*row, self.width - length) for row, length in zip(sentences, self.lengths, strict=True))

    def _per_sentence(
        self, numbers: Sequence[Sequence[int]], device: torch.device | str
    ) -> Int[Tensor, "batch position"]:
        """The number of each run, written into all of its cells."""
        repeats = torch.tensor([length for row in self._runs for length in row], dtype=torch.long)
        spread = torch.tensor([number for row in numbers for number in row], dtype=torch.long)
        return spread.repeat_interleave(repeats).view(self.num_rows, self.width).to(device, non_blocking=True)

    def _check_segments(self, segments: Segmentation) -> None:
        if len(segments) != self.num_rows:
            raise ShapeError(f"`segments` are given for {len(segments)} rows, but `lengths` for {self.num_rows}")
        for number, (row, length) in enumerate(zip(segments, self.lengths, strict=True)):
            if sum(row) != length or min(row, default=0) < 0:
                raise ShapeError(
                    f"`segments` of row {number} must be lengths that add up to {length}, but are {list(row)}"
                )
