"""Keys and values of positions already read, so that they are computed once.

A step appends one position to every row. To copy all earlier ones for it would make a translation's cost grow with the
square of its length, so room is kept behind them. What was handed out never changes: only the newest state may write
into the room behind it, and any other that is continued copies first.
"""

from dataclasses import dataclass, field
from typing import Final, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

_FIRST_ROOM: Final = 16


@final
class Room:
    """Memory for keys and values with space behind what is written. ``filled`` counts the positions in use."""

    def __init__(self, keys: Tensor, values: Tensor, filled: int) -> None:
        self.keys = keys
        self.values = values
        self.filled = filled

    @classmethod
    def behind(cls, keys: Tensor, values: Tensor, *, more: int) -> "Room":
        """A copy of keys and values with room for at least ``more`` positions, and as many again as there are."""
        filled = keys.shape[2]
        capacity = max(_FIRST_ROOM * more, filled + max(filled, more))
        room = cls(_longer(keys, capacity), _longer(values, capacity), filled)
        room.keys[:, :, :filled] = keys
        room.values[:, :, :filled] = values
        return room

    def may_take(self, start: int, more: int) -> bool:
        """Whether ``more`` positions fit in from ``start`` on, and nobody has written there."""
        return self.filled == start and start + more <= self.keys.shape[2]

    def take(self, keys: Tensor, values: Tensor) -> int:
        """Writes positions behind the last one; returns where they end."""
        end = self.filled + keys.shape[2]
        self.keys[:, :, self.filled : end] = keys
        self.values[:, :, self.filled : end] = values
        self.filled = end
        return end

    def select(self, rows: Int[Tensor, " picked"], filled: int) -> "Room":
        """A copy of some rows, room included."""
        return Room(self.keys.index_select(0, rows), self.values.index_select(0, rows), filled)


@final
@dataclass(frozen=True, eq=False)
class KeyValues:
    """The keys and values of positions already read. A value: appending and selecting give new ones.

    Attributes:
        keys: what is looked at.
        values: what is carried over.
        room: the memory they lie in, if there is space behind them.
    """

    keys: Float[Tensor, "batch head key head_dim"]
    values: Float[Tensor, "batch head key head_dim"]
    room: Room | None = field(default=None, kw_only=True)

    def append(self, other: "KeyValues") -> "KeyValues":
        """With later positions behind."""
        if torch.is_grad_enabled() and (self.keys.requires_grad or other.keys.requires_grad):
            return KeyValues(torch.cat((self.keys, other.keys), dim=2), torch.cat((self.values, other.values), dim=2))
        room, more = self.room, other.keys.shape[2]
        if room is None or not room.may_take(self.keys.shape[2], more):
            room = Room.behind(self.keys, self.values, more=more)
        return _upto(room, room.take(other.keys, other.values))

    def select(self, rows: Int[Tensor, " picked"]) -> "KeyValues":
        """Those of some rows."""
        if self.room is not None:
            return _upto(self.room.select(rows, self.keys.shape[2]), self.keys.shape[2])
        return KeyValues(self.keys.index_select(0, rows), self.values.index_select(0, rows))


def _upto(room: Room, end: int) -> KeyValues:
    return KeyValues(room.keys[:, :, :end], room.values[:, :, :end], room=room)


def _longer(vectors: Tensor, capacity: int) -> Tensor:
    rows, heads, _, dim = vectors.shape
    return vectors.new_empty(rows, heads, capacity, dim)
