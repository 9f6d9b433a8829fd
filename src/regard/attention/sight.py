"""What a mask leaves to every query: known on the host, from the mask alone, without looking at a device."""

from enum import IntEnum

from regard.attention.rectangle import Rectangle


class Sight(IntEnum):
    """Keys that every query may look at, as far as the mask knows. What two masks leave is what both leave: ``a & b``.

    From it follows what need not be computed. Each answer may be True without need, never False wrongly (of a rectangle
    that has a query and a key).
    """

    NOTHING = 0
    FIRST = 1
    """The key at position 0."""
    OWN = 2
    """The key at the query's own position."""
    PAST = 7
    """Its own and all before."""
    ALL = 15
    """Every key."""

    def may_hide(self, on: Rectangle) -> bool:
        """Whether some cell of the rectangle may be hidden."""
        return not (self == Sight.ALL or (self & Sight.PAST == Sight.PAST and on.first_query >= on.num_keys - 1))

    def may_blind(self, on: Rectangle) -> bool:
        """Whether some query may be left with nothing to look at."""
        return not (self & Sight.FIRST or (self & Sight.OWN and on.last_query < on.num_keys))

    def may_hide_keys(self, on: Rectangle) -> bool:
        """Whether some key may be hidden from every query."""
        if self == Sight.ALL or on.last_query < on.num_keys - 1:
            return self != Sight.ALL
        return not (self & Sight.PAST == Sight.PAST or (self & Sight.OWN and on.first_query == 0))
