"""From pairs of id sequences to rectangles of similar length.

Enters: ids of sentence pairs, in memory or mapped from files. Leaves: ``Batch``: ids and their layouts, facts only.
Must not know: masks (the model draws them from layouts), networks, losses.
"""

from regard.batches.batch import Batch, Counts, make_batch, make_share
from regard.batches.bucketing import bucketed
from regard.batches.concatenating import Concatenation
from regard.batches.encoded import EncodedPairs, Ragged
from regard.batches.halves import halves
from regard.batches.order import BatchStream, Place, Recut
from regard.batches.packing import packed
from regard.batches.rectangle import packed_rectangle, rectangle
from regard.batches.stored import PairsWriter, open_pairs

__all__ = [
    "Batch",
    "BatchStream",
    "Concatenation",
    "Counts",
    "EncodedPairs",
    "PairsWriter",
    "Place",
    "Ragged",
    "Recut",
    "bucketed",
    "halves",
    "make_batch",
    "make_share",
    "open_pairs",
    "packed",
    "packed_rectangle",
    "rectangle",
]
