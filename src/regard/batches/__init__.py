"""From pairs of id sequences to rectangles of similar length.

Enters: ids of sentence pairs. Leaves: ``Batch``: ids and their layouts, facts only. Must not know: masks (the model
draws them from layouts), networks, losses.
"""

from regard.batches.batch import Batch, make_batch
from regard.batches.bucketing import bucketed
from regard.batches.encoded import EncodedPairs, Ragged
from regard.batches.order import BatchStream, Place
from regard.batches.packing import packed
from regard.batches.rectangle import packed_rectangle, rectangle

__all__ = [
    "Batch",
    "BatchStream",
    "EncodedPairs",
    "Place",
    "Ragged",
    "bucketed",
    "make_batch",
    "packed",
    "packed_rectangle",
    "rectangle",
]
