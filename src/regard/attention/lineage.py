"""Who descends from whom, kept from step to step: the last rows of an ``Ancestry``, without working it out anew."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from regard.attention.reason import Reason
from regard.attention.view import View


@final
@dataclass(frozen=True, eq=False)
class Lineage:
    """Which cells of a shared cache each beam may look at: one of every step, its ancestors' and its own.

    ``Ancestry`` says the same of all steps at once, as a mask that can be shown; this is its newest part, kept up to
    date with a few operations a step.

    Attributes:
        allowed: True at the cells a beam descends from; ``beam_size`` cells a step, the newest step last.
    """

    allowed: Bool[Tensor, "sentence beam cell"]

    @classmethod
    def at_start(cls, num_sentences: int, beam_size: int, *, device: torch.device | str = "cpu") -> "Lineage":
        """Before the first step: no cell is written yet."""
        return cls(torch.ones(num_sentences, beam_size, 0, dtype=torch.bool, device=device))

    @property
    def beam_size(self) -> int:
        """How many beams write into the cache of a sentence."""
        return self.allowed.shape[1]

    def written(self) -> "Lineage":
        """After every beam has written a cell of its own."""
        own = torch.eye(self.beam_size, dtype=torch.bool, device=self.allowed.device)
        return Lineage(torch.cat((self.allowed, own.expand(len(self.allowed), -1, -1)), dim=2))

    def follow(self, parents: Int[Tensor, "sentence beam"]) -> "Lineage":
        """After the beams were chosen anew: each continues ``parents[sentence, beam]``."""
        return Lineage(self.allowed.gather(1, parents[:, :, None].expand(-1, -1, self.allowed.shape[2])))

    def select(self, sentences: Int[Tensor, " picked"]) -> "Lineage":
        """That of some sentences."""
        return Lineage(self.allowed.index_select(0, sentences))

    def view(self) -> View:
        """Ready for attention: queries are the beams, all at the newest position."""
        allowed = self.allowed[:, None]
        return View(
            allowed=allowed,
            hidden=~allowed,
            blind=None,
            unseen=None,
            codes=lambda: (~allowed).to(torch.uint8) * int(Reason.OTHER_HYPOTHESIS),
            beams=self.beam_size,
            cells=self.beam_size,
        )
