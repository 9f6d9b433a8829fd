"""One training batch: the rectangles a translation model reads, and the targets it is to predict."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from regard.batches.encoded import EncodedPairs, IntArray
from regard.batches.rectangle import rectangle
from regard.layout import Layout
from regard.text.control import BOS, EOS


@final
@dataclass(frozen=True, eq=False)
class Batch:
    """Source ids + EOS; target inputs BOS + ids; target outputs ids + EOS. The two targets share one layout."""

    source: Int[Tensor, "batch source_position"]
    source_layout: Layout
    target_in: Int[Tensor, "batch target_position"]
    target_out: Int[Tensor, "batch target_position"]
    target_layout: Layout

    @property
    def num_target_tokens(self) -> int:
        """Real target tokens, EOS included: what the loss is divided by."""
        return self.target_layout.num_tokens

    @property
    def num_tokens(self) -> int:
        """Real source and target tokens."""
        return self.source_layout.num_tokens + self.target_layout.num_tokens

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        source, target_in, target_out = (
            ids.to(device, non_blocking=True) for ids in (self.source, self.target_in, self.target_out)
        )
        return Batch(source, self.source_layout, target_in, target_out, self.target_layout)


def make_batch(pairs: EncodedPairs, indices: IntArray) -> Batch:
    """Lays the chosen pairs side by side."""
    sources = [[*pairs.source[index].tolist(), EOS] for index in indices.tolist()]
    targets = [pairs.target[index].tolist() for index in indices.tolist()]
    source, source_layout = rectangle(sources)
    target_in, target_layout = rectangle([[BOS, *target] for target in targets])
    target_out, _ = rectangle([[*target, EOS] for target in targets])
    return Batch(source, source_layout, target_in, target_out, target_layout)
