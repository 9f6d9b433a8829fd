"""Masks as immutable values: one sentence each about which keys a query may look at.

One polarity everywhere: ``True`` means *may look*. Masks are combined with ``&``; a combination remembers its parts.
Nothing is implied: a mask that hides nothing is ``Everything()``, never ``None``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention.view import View
from regard.errors import ShapeError
from regard.layout import Layout

Device = torch.device | str


class Mask(ABC):
    """Says which keys a query may look at. Equal masks are equal values; hashing never touches a device."""

    @property
    def parts(self) -> frozenset["Mask"]:
        """The simple masks this one is the intersection of; empty for ``Everything``."""
        return frozenset({self})

    @property
    def may_blind(self) -> bool:
        """Whether some query may be left with nothing to look at. May be True without need, never False wrongly."""
        return True

    @property
    def may_hide_keys(self) -> bool:
        """Whether some key may be hidden from every query. May be True without need, never False wrongly."""
        return True

    @abstractmethod
    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """True where a query may look at a key; ``batch`` and ``mask_heads`` are 1 where all share one answer.

        ``first_query`` is the position of the first query: decoding step t asks for the single row t of the full
        mask, ``allowed(1, t + 1, first_query=t)``.

        Raises:
            ShapeError: the mask was made for another number of keys.
        """

    def __and__(self, other: "Mask") -> "Mask":
        return intersection([self, other])

    def view(self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu") -> View:
        """This mask on one rectangle of queries and keys, made ready once for all layers that share it."""
        if not self.parts:
            return View.of_everything(num_queries, num_keys, device=device)
        return View.of(
            self.allowed(num_queries, num_keys, first_query=first_query, device=device),
            may_blind=self.may_blind,
            may_hide_keys=self.may_hide_keys,
        )


def intersection(masks: Iterable[Mask]) -> Mask:
    """The mask that allows what all of them allow, in canonical form: no repeats, no nesting, no order."""
    parts = frozenset(part for mask in masks for part in mask.parts)
    if not parts:
        return Everything()
    return next(iter(parts)) if len(parts) == 1 else Intersection(parts)


@final
@dataclass(frozen=True)
class Everything(Mask):
    """Every query may look at every key."""

    @property
    def parts(self) -> frozenset[Mask]:
        """None: the neutral element of ``&``."""
        return frozenset()

    @property
    def may_blind(self) -> bool:
        """Never."""
        return False

    @property
    def may_hide_keys(self) -> bool:
        """Never."""
        return False

    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """True everywhere."""
        return torch.ones(1, 1, num_queries, num_keys, dtype=torch.bool, device=device)


@final
@dataclass(frozen=True)
class Causal(Mask):
    """A query may look at its own position and at earlier ones (Vaswani et al. 2017, section 3.2.3)."""

    @property
    def may_blind(self) -> bool:
        """Never: a query may always look at the first position."""
        return False

    @property
    def may_hide_keys(self) -> bool:
        """Only with fewer queries than keys; such keys lie ahead of every query and were never computed."""
        return False

    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """Lower-triangular: ``key <= query``."""
        queries = torch.arange(first_query, first_query + num_queries, device=device)
        return (torch.arange(num_keys, device=device)[None, :] <= queries[:, None])[None, None]


@final
@dataclass(frozen=True)
class Padding(Mask):
    """A query may look at keys that are real tokens. Hides keys only: a padding *query* is computed and never read."""

    layout: Layout

    @property
    def may_blind(self) -> bool:
        """Only when a sentence has no token at all."""
        return 0 in self.layout.lengths

    @property
    def may_hide_keys(self) -> bool:
        """Whenever a cell is padding."""
        return not self.layout.is_full

    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """True at the real keys, the same for every query."""
        if num_keys != self.layout.width:
            raise ShapeError(
                f"Padding's layout is {self.layout.width} cells wide, but the keys are {num_keys}; "
                "make the mask from the layout of the keys"
            )
        real = self.layout.real(device=device)[:, None, None, :]
        return real.expand(-1, 1, num_queries, num_keys)


@final
@dataclass(frozen=True)
class Intersection(Mask):
    """What all of its parts allow. Made by ``&``, in canonical form."""

    members: frozenset[Mask]

    def __repr__(self) -> str:
        return " & ".join(sorted(map(repr, self.members)))

    @property
    def parts(self) -> frozenset[Mask]:
        """The simple masks it is made of."""
        return self.members

    @property
    def may_blind(self) -> bool:
        """Known to be False only where every part leaves each query the first key."""
        return not all(isinstance(part, Causal | Padding) and not part.may_blind for part in self.members)

    @property
    def may_hide_keys(self) -> bool:
        """If a part may."""
        return any(part.may_hide_keys for part in self.members)

    def allowed(
        self, num_queries: int, num_keys: int, *, first_query: int = 0, device: Device = "cpu"
    ) -> Bool[Tensor, "batch mask_heads query key"]:
        """True where every part says True."""
        first, *rest = (
            part.allowed(num_queries, num_keys, first_query=first_query, device=device) for part in self.members
        )
        for allowed in rest:
            first = first & allowed
        return first
