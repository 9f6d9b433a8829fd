"""What to do when memory runs out: compute a batch in parts, whose losses and gradients add up to the same."""

from collections.abc import Callable, Sequence
from typing import final

import torch

from regard.batches import Batch, halves
from regard.errors import OutOfMemoryError, is_out_of_memory


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

    def summed(self, batch: Batch, compute: Callable[[Batch], float]) -> float:
        """What is computed of a batch, or of its parts, added up, where the whole needs more memory than there is.

        Raises:
            OutOfMemoryError: memory runs out for a single row.
        """
        total, pieces = 0.0, self.pieces([batch])
        while pieces:
            piece = pieces.pop(0)
            try:
                total += compute(piece)
                continue
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                message = str(error)
            release_memory()  # out of the handler, so that nothing holds what the failed attempt had computed
            pieces[:0] = self.ran_out(piece, message)
        return total

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
