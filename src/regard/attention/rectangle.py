"""The rectangle of queries and keys that a mask is asked about."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

Device = torch.device | str


@final
@dataclass(frozen=True)
class Rectangle:
    """``num_queries`` queries, the first at position ``first_query``, and the keys at positions 0 to num_keys - 1."""

    num_queries: int
    num_keys: int
    first_query: int = 0
    device: Device = "cpu"

    @property
    def last_query(self) -> int:
        """The position of the last query."""
        return self.first_query + self.num_queries - 1

    @property
    def is_square(self) -> bool:
        """Whether queries and keys stand at the same positions."""
        return self.first_query == 0 and self.num_queries == self.num_keys

    @property
    def queries(self) -> Int[Tensor, "query 1"]:
        """The positions of the queries, as a column."""
        return torch.arange(self.first_query, self.last_query + 1, device=self.device).unsqueeze(1)

    @property
    def keys(self) -> Int[Tensor, "1 key"]:
        """The positions of the keys, as a row."""
        return torch.arange(self.num_keys, device=self.device).unsqueeze(0)
