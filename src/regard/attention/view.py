"""A mask on one rectangle of queries and keys: the only place where *may not look* becomes minus infinity.

The policy, in every path and dtype:

* a hidden cell gets weight exactly 0;
* a *blind* query, which may look at nothing, gets weights 0, context 0 and gradient 0 (softmax alone would give NaN);
* an *unseen* key, which no query may look at, is blanked first: not even a NaN there reaches output or gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from regard.attention.fill import Fill
from regard.attention.reason import Codes, Reason


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
    is_causal: bool = False
    """Whether this is no more and no less than the causal mask on a square: kernels know that one by name."""
    codes: Callable[[], Codes] | None = None
    """Asks the mask for its reasons; None where no mask is known."""
    rows: Int[Tensor, " batch"] | None = None
    """Which rows of the mask these are; None where they are all of them."""
    beams: int = 1
    """How many hypotheses stand side by side: so many queries share one position, and are not a sequence."""
    cells: int = 1
    """How many keys share one position; ``beams`` where hypotheses write into one cache."""

    @classmethod
    def of(
        cls,
        allowed: Bool[Tensor, "batch mask_heads query key"],
        *,
        may_blind: bool = True,
        may_hide_keys: bool = True,
        is_causal: bool = False,
        codes: Callable[[], Codes] | None = None,
    ) -> "View":
        """From a boolean tensor, True = may look."""
        distinct = _distinct(allowed)
        blind = _if_any(~distinct.any(-1, keepdim=True)) if may_blind else None
        unseen = ~distinct.any(-2)[..., None] if may_hide_keys else None
        return cls(
            allowed=allowed,
            hidden=(~distinct).expand_as(allowed),
            blind=None if blind is None else blind.expand(*allowed.shape[:3], 1),
            unseen=None if unseen is None else unseen.expand(*allowed.shape[:2], -1, 1),
            is_causal=is_causal,
            codes=codes,
        )

    @classmethod
    def of_everything(
        cls, num_queries: int, num_keys: int, *, num_rows: int = 1, device: torch.device | str = "cpu"
    ) -> "View":
        """Nothing hidden."""
        allowed = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device).expand(num_rows, 1, num_queries, num_keys)
        return cls(allowed=allowed, hidden=None, blind=None, unseen=None)

    def reasons(self) -> Codes:
        """Why each cell is dark, as the sum of its ``Reason`` codes; 0 exactly where ``allowed`` is True.

        Nothing is computed before this is called. A view made from a tensor alone knows no other reason than that
        somebody switched the cell off.
        """
        if self.codes is None:
            return (~self.allowed).to(torch.uint8) * int(Reason.SWITCHED_OFF)
        return self.codes() if self.rows is None else self.codes().index_select(0, self.rows)

    def hide(self, scores: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
        """Scores with minus infinity where a query may not look."""
        if self.hidden is None:
            return scores
        if (scores.requires_grad and torch.is_grad_enabled()) or scores.device.type != "cpu":
            return scores.masked_fill(self.hidden, -torch.inf)
        return self._fill(scores.dtype)(scores)

    def softmax(self, masked_scores: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
        """Softmax over the keys; rows sum to 1, or to 0 for a blind query."""
        if self.blind is None:
            return masked_scores.softmax(-1)
        return masked_scores.masked_fill(self.blind, 0).softmax(-1).masked_fill(self.blind, 0)

    def blank(self, vectors: Float[Tensor, "batch head key head_dim"]) -> Float[Tensor, "batch head key head_dim"]:
        """Keys or values with zeros where no query may look."""
        if self.unseen is None:
            return vectors
        if self._unseen_cells is None or (vectors.requires_grad and torch.is_grad_enabled()):
            return vectors.masked_fill(self.unseen, 0)
        rows, keys = self._unseen_cells
        if len(keys) == 0:
            return vectors
        blanked = vectors.clone(memory_format=torch.contiguous_format)
        blanked.transpose(1, 2)[rows if self.unseen.shape[0] > 1 else slice(None), keys] = 0
        return blanked

    def of_blanked(self) -> "View":
        """The same view, for keys and values that were blanked once and are looked at many times."""
        return replace(self, unseen=None)

    def select(self, rows: Int[Tensor, " picked"]) -> "View":
        """The view of some batch rows; a view all rows share stays as it is."""
        if self.allowed.shape[0] == 1:
            return self
        if self.hidden is None:
            return replace(self, allowed=self.allowed[:1].expand(rows.shape[0], -1, -1, -1))
        parts = (self.hidden, self.blind, self.unseen, self.rows)
        hidden, blind, unseen, kept = (None if part is None else part.index_select(0, rows) for part in parts)
        return replace(
            self,
            allowed=self.allowed.index_select(0, rows),
            hidden=hidden,
            blind=blind,
            unseen=unseen,
            rows=rows if kept is None else kept,
        )

    def _fill(self, dtype: torch.dtype) -> Fill:
        assert self.hidden is not None
        if dtype not in self._fills:
            self._fills[dtype] = Fill.of(self.hidden, dtype)
        return self._fills[dtype]

    @cached_property
    def _fills(self) -> dict[torch.dtype, Fill]:
        """Made when first needed, then shared by all layers."""
        return {}

    @cached_property
    def _unseen_cells(self) -> tuple[Tensor, ...] | None:
        """The rows and keys to blank: seldom many. None where to list them would cost more than it saves."""
        if self.unseen is None or self.unseen.device.type != "cpu" or self.unseen.shape[1] > 1:
            return None
        return self.unseen[:, 0, :, 0].nonzero(as_tuple=True)


def _if_any(cells: Bool[Tensor, "..."]) -> Bool[Tensor, "..."] | None:
    """The cells, or None if none is True; on a device other than the CPU the look would cost a wait, so they stay."""
    return cells if cells.device.type != "cpu" or bool(cells.any()) else None


def _distinct(cells: Bool[Tensor, "batch mask_heads query key"]) -> Bool[Tensor, "..."]:
    """Rows, and queries, that share one answer in memory: one of them."""
    rows, _, queries, _ = cells.stride()
    if rows == 0:
        cells = cells[:1]
    return cells[:, :, :1] if queries == 0 else cells
