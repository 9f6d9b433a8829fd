"""One training batch: the rectangles a translation model reads, and the targets it is to predict."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from regard.batches.encoded import EncodedPairs, IntArray
from regard.batches.packing import packed
from regard.batches.rectangle import packed_rectangle, rectangle
from regard.layout import Layout
from regard.text.control import BOS, EOS


@final
@dataclass(frozen=True, slots=True)
class Counts:
    """Real tokens of a batch."""

    num_target_tokens: int
    num_tokens: int


@final
@dataclass(frozen=True, eq=False)
class Batch:
    """Source ids + EOS; target inputs BOS + ids; target outputs ids + EOS. The two targets share one layout.

    Where rows hold several sentences, the n-th of a source row belongs to the n-th of the target row. Where several
    processes share a batch, ``shared`` counts the tokens of all of it; a process that got no row is idle: it computes
    some row for company, and that counts nothing.
    """

    source: Int[Tensor, "batch source_position"]
    source_layout: Layout
    target_in: Int[Tensor, "batch target_position"]
    target_out: Int[Tensor, "batch target_position"]
    target_layout: Layout
    shared: Counts | None = None
    is_idle: bool = False

    @property
    def num_target_tokens(self) -> int:
        """Real target tokens, EOS included: what the loss is divided by."""
        return self.target_layout.num_tokens

    @property
    def num_tokens(self) -> int:
        """Real source and target tokens."""
        return self.source_layout.num_tokens + self.target_layout.num_tokens

    @property
    def whole(self) -> Counts:
        """The tokens of the batch that this is, or is a share of."""
        return self.shared or Counts(self.num_target_tokens, self.num_tokens)

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        source, target_in, target_out = (
            ids.to(device, non_blocking=True) for ids in (self.source, self.target_in, self.target_out)
        )
        return replace(self, source=source, target_in=target_in, target_out=target_out)


def make_batch(pairs: EncodedPairs, indices: IntArray, *, packed_width: int | None = None) -> Batch:
    """Lays the chosen pairs side by side: one per row, or as many as fit into rows of ``packed_width`` cells."""
    sources = [[*pairs.source[index].tolist(), EOS] for index in indices.tolist()]
    targets = [pairs.target[index].tolist() for index in indices.tolist()]
    inputs, outputs = [[BOS, *target] for target in targets], [[*target, EOS] for target in targets]
    if packed_width is None:
        (source, source_layout), (target_in, target_layout), (target_out, _) = map(
            rectangle, (sources, inputs, outputs)
        )
        return Batch(source, source_layout, target_in, target_out, target_layout)
    lengths = (np.array(list(map(len, side)), dtype=np.int64) for side in (sources, inputs))
    rows = [row.tolist() for row in packed(*lengths, width=packed_width)]
    (source, source_layout), (target_in, target_layout), (target_out, _) = (
        packed_rectangle([[side[index] for index in row] for row in rows]) for side in (sources, inputs, outputs)
    )
    return Batch(source, source_layout, target_in, target_out, target_layout)


def make_share(
    pairs: EncodedPairs, indices: IntArray, *, packed_width: int | None = None, rank: int, size: int
) -> Batch:
    """What the process number ``rank`` of ``size`` does of a batch: every ``size``-th pair, so that all do the same."""
    own = indices[rank::size]
    source, target = (int(side.lengths_of(indices).sum()) + len(indices) for side in (pairs.source, pairs.target))
    batch = make_batch(pairs, own if len(own) else indices[:1], packed_width=packed_width)
    return replace(batch, shared=Counts(target, source + target), is_idle=not len(own))
