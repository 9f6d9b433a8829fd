"""A batch in two: for a machine that has not enough memory for all of it at once."""

from dataclasses import replace

from regard.batches.batch import Batch
from regard.layout import Layout


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """The first rows and the others, each no wider than it must be.

    Together they have the tokens of the batch, so sums over tokens stay the same.

    Raises:
        ValueError: the batch has only one row.
    """
    count = batch.source_layout.num_rows
    if count < 2:
        raise ValueError("a batch of one row cannot be halved")
    middle = count // 2
    return _rows(batch, range(middle)), _rows(batch, range(middle, count))


def _rows(batch: Batch, rows: range) -> Batch:
    source, target = _trimmed(batch.source_layout.select(rows)), _trimmed(batch.target_layout.select(rows))
    picked = slice(rows.start, rows.stop)
    return replace(
        batch,
        source=batch.source[picked, : source.width],
        source_layout=source,
        target_in=batch.target_in[picked, : target.width],
        target_out=batch.target_out[picked, : target.width],
        target_layout=target,
    )


def _trimmed(layout: Layout) -> Layout:
    return Layout(layout.lengths, max(layout.lengths, default=0), layout.segments)
