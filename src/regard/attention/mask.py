"""Masks as immutable values: one sentence each about which keys a query may look at.

One polarity everywhere: ``True`` means *may look*. Masks are combined with ``&``; a combination remembers its parts, so
it can say *why* a cell is dark. Nothing is implied: a mask that hides nothing is ``Everything()``, never ``None``.

A mask answers for any rectangle of queries and keys. Decoding step t is row t of the full rectangle: one query,
``first_query=t``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, final

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from regard.attention.extent import Extent
from regard.attention.reason import Codes, Reason
from regard.attention.rectangle import Device, Rectangle
from regard.attention.sight import Sight
from regard.attention.view import View


class Mask(ABC):
    """Says which keys a query may look at. Equal masks are equal values; hashing never touches a device.

    A new mask says its ``rule``. If it knows keys that it leaves to every query (``sight``), less is computed for it.
    """

    reason: ClassVar[Reason]
    """The code of what this mask hides."""

    @property
    def sight(self) -> Sight:
        """The keys this mask leaves to every query, as far as it knows."""
        return Sight.NOTHING

    @property
    def extent(self) -> Extent:
        """The rows, heads and keys this mask was made for."""
        return Extent()

    @abstractmethod
    def rule(self, on: Rectangle) -> Bool[Tensor, "..."]:
        """True where a query may look at a key, as small as it can be said.

        The axes are (query, key), or (batch, mask_heads, query, key); one along which all share one answer may be 1.
        """

    def codes(self, on: Rectangle) -> UInt8[Tensor, "..."]:
        """The sum of the reasons to hide a cell, as small as ``rule``."""
        return (~self.rule(on)).to(torch.uint8) * int(self.reason)

    @property
    def parts(self) -> frozenset["Mask"]:
        """The simple masks this one is the intersection of; empty for ``Everything``."""
        return frozenset({self})

    def parts_that_hide(self, on: Rectangle) -> list["Mask"]:
        """The simple masks that may hide some cell of the rectangle."""
        return [part for part in self.parts if part.sight.may_hide(on)]

    def __and__(self, other: "Mask") -> "Mask":
        from regard.attention.intersection import intersection

        return intersection([self, other])

    @final
    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """True where a query may look at a key; ``batch`` and ``mask_heads`` are 1 where all share one answer.

        Raises:
            ShapeError: the mask was made for another number of keys.
        """
        on = Rectangle(num_queries, num_keys, first_query, device)
        return self.extent.spread(self.rule, on)

    @final
    def reasons(self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu") -> Codes:
        """The sum of the ``Reason`` codes of each cell; 0 exactly where ``allowed`` is True."""
        on = Rectangle(num_queries, num_keys, first_query, device)
        return self.extent.spread(self.codes, on)

    @final
    def why(self, query: int, key: int, *, row: int = 0, head: int = 0) -> str:
        """One line about one cell: ``visible``, or ``dark: position 7 is in the future and is padding``."""
        self.extent.require_cell(query, key, row=row, head=head)
        codes = self.reasons(1, self.extent.num_keys or key + 1, first_query=query)
        rows, heads = codes.shape[:2]
        return Reason(int(codes[min(row, rows - 1), min(head, heads - 1), 0, key])).sentence(key)

    @final
    def view(self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu") -> View:
        """This mask on one rectangle of queries and keys, made ready once for all layers that share it."""
        on = Rectangle(num_queries, num_keys, first_query, device)
        sight, extent = self.sight, self.extent
        if not sight.may_hide(on):
            extent.require(on)
            return View.of_everything(num_queries, num_keys, num_rows=extent.num_rows, device=device)
        return View.of(
            extent.spread(self.rule, on),
            may_blind=sight.may_blind(on),
            may_hide_keys=sight.may_hide_keys(on),
            is_causal=on.is_square and self.parts_that_hide(on) == [Causal()],
            codes=partial(extent.spread, self.codes, on),
        )


@final
@dataclass(frozen=True)
class Everything(Mask):
    """Every query may look at every key: the neutral element of ``&``."""

    reason = Reason.VISIBLE

    @property
    def parts(self) -> frozenset[Mask]:
        """None."""
        return frozenset()

    @property
    def sight(self) -> Sight:
        """Every key."""
        return Sight.ALL

    def rule(self, on: Rectangle) -> Bool[Tensor, "1 1"]:
        """True everywhere."""
        return torch.ones(1, 1, dtype=torch.bool, device=on.device)


@final
@dataclass(frozen=True)
class Causal(Mask):
    """A query may look at its own position and at earlier ones (Vaswani et al. 2017, section 3.2.3)."""

    reason = Reason.FUTURE

    @property
    def sight(self) -> Sight:
        """Its own position and all before."""
        return Sight.PAST

    def rule(self, on: Rectangle) -> Bool[Tensor, "query key"]:
        """Lower-triangular."""
        return on.keys <= on.queries
