"""What to do when memory runs out in an update: compute its batch in parts, whose gradients add up to the same."""

from collections.abc import Sequence
from typing import final

import torch

from regard.batches import Batch, halves
from regard.errors import OutOfMemoryError


@final
class Memory:
    """Remembers which batches were too large, so that others like them are split before they fail.

    Attributes:
        too_many_cells: the smallest number of cells that did not fit; None as long as everything does.
        num_failures: how often memory ran out.
    """

    def __init__(self) -> None:
        self.too_many_cells: int | None = None
        self.num_failures = 0

    def pieces(self, batches: Sequence[Batch]) -> list[Batch]:
        """The batches, and in place of each that is known not to fit its parts."""
        found = []
        for batch in batches:
            fits = self.too_many_cells is None or cells_of(batch) < self.too_many_cells
            found += [batch] if fits or batch.source_layout.num_rows < 2 else self.pieces(halves(batch))
        return found

    def ran_out(self, batch: Batch, error: str) -> tuple[Batch, Batch]:
        """Notes that this batch did not fit, and gives its halves.

        Raises:
            OutOfMemoryError: it is a single row.
        """
        self.num_failures += 1
        if batch.source_layout.num_rows < 2:
            raise OutOfMemoryError(
                f"memory ran out for a single row of {batch.source_layout.width} source and "
                f"{batch.target_layout.width} target tokens ({error:.200}); a smaller data.max_tokens, a smaller "
                "training.packed_width or a smaller network needs less"
            )
        self.too_many_cells = min(cells_of(batch), self.too_many_cells or cells_of(batch))
        return halves(batch)


def cells_of(batch: Batch) -> int:
    """Cells of a batch, padding included: what memory is needed for."""
    return batch.source.numel() + batch.target_in.numel()


def release_memory() -> None:
    """Gives cached memory of a GPU back, in which a smaller batch may not find room."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
