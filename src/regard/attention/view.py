"""A mask on one rectangle of queries and keys: the only place where *may not look* becomes minus infinity.

The policy, in every path and dtype:

* a hidden cell gets weight exactly 0;
* a *blind* query, which may look at nothing, gets weights 0, context 0 and gradient 0 (softmax alone would give NaN);
* an *unseen* key, which no query may look at, is blanked first: not even a NaN there reaches output or gradient.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@final
@dataclass(frozen=True, eq=False)
class View:
    """What a mask allows, with what follows from it worked out once.

    Fields that would hold no True are ``None``, so that nothing is computed for them.
    """

    allowed: Bool[Tensor, "batch mask_heads query key"]
    hidden: Bool[Tensor, "batch mask_heads query key"] | None
    blind: Bool[Tensor, "batch mask_heads query 1"] | None
    unseen: Bool[Tensor, "batch mask_heads key 1"] | None

    @classmethod
    def of(
        cls,
        allowed: Bool[Tensor, "batch mask_heads query key"],
        *,
        may_blind: bool = True,
        may_hide_keys: bool = True,
    ) -> "View":
        """From a boolean tensor, True = may look."""
        return cls(
            allowed=allowed,
            hidden=~allowed,
            blind=~allowed.any(-1, keepdim=True) if may_blind else None,
            unseen=~allowed.any(-2)[..., None] if may_hide_keys else None,
        )

    @classmethod
    def of_everything(cls, num_queries: int, num_keys: int, *, device: torch.device | str = "cpu") -> "View":
        """Nothing hidden."""
        allowed = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device).expand(1, 1, num_queries, num_keys)
        return cls(allowed=allowed, hidden=None, blind=None, unseen=None)

    def hide(self, scores: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
        """Scores with minus infinity where a query may not look."""
        return scores if self.hidden is None else scores.masked_fill(self.hidden, -torch.inf)

    def softmax(self, masked_scores: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
        """Softmax over the keys; rows sum to 1, or to 0 for a blind query."""
        if self.blind is None:
            return masked_scores.softmax(-1)
        return masked_scores.masked_fill(self.blind, 0).softmax(-1).masked_fill(self.blind, 0)

    def blank(self, vectors: Float[Tensor, "batch head key head_dim"]) -> Float[Tensor, "batch head key head_dim"]:
        """Keys or values with zeros where no query may look."""
        return vectors if self.unseen is None else vectors.masked_fill(self.unseen, 0)

    def select(self, rows: Int[Tensor, " picked"]) -> "View":
        """The view of some batch rows; a view all rows share stays as it is."""
        if self.allowed.shape[0] == 1 and self.hidden is None:
            return self
        picked = (
            None if part is None else part.index_select(0, rows) for part in (self.hidden, self.blind, self.unseen)
        )
        return View(self.allowed.index_select(0, rows), *picked)
