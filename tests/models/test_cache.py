"""Keys and values that grow in place, and yet are values: what was handed out never changes."""

import torch

from regard.models.cache import KeyValues


def one(number: float, positions: int = 1) -> KeyValues:
    return KeyValues(torch.full((2, 1, positions, 3), number), torch.full((2, 1, positions, 3), -number))


def column(known: KeyValues) -> list[float]:
    assert torch.equal(known.keys, -known.values)
    return known.keys[0, 0, :, 0].tolist()


def test_what_is_appended_stands_behind() -> None:
    known = one(0.0)
    for number in range(1, 100):
        known = known.append(one(float(number)))
    assert column(known) == list(range(100))


def test_two_continuations_of_one_state_do_not_meet() -> None:
    begun = one(0.0).append(one(1.0))
    left, right = begun.append(one(2.0)), begun.append(one(3.0))
    assert (column(begun), column(left), column(right)) == ([0, 1], [0, 1, 2], [0, 1, 3])
    assert column(left.append(one(4.0))) == [0, 1, 2, 4]
    assert column(right.append(one(5.0))) == [0, 1, 3, 5]


def test_appending_seldom_copies() -> None:
    known, rooms = one(0.0), set()
    for number in range(500):
        known = known.append(one(float(number)))
        assert known.room is not None
        rooms.add(known.room.keys.data_ptr())
    assert len(rooms) <= 7


def test_rows_that_are_picked_go_on_by_themselves() -> None:
    known = one(0.0).append(one(1.0))
    picked = known.select(torch.tensor([1]))
    longer = picked.append(one(2.0).select(torch.tensor([0])))
    assert (column(known), column(longer)) == ([0, 1], [0, 1, 2])
    assert column(known.append(one(7.0))) == [0, 1, 7]


def test_where_a_gradient_is_wanted_nothing_is_written_in_place() -> None:
    leaf = torch.ones(1, 1, 1, 3, requires_grad=True)
    known = KeyValues(leaf, leaf).append(KeyValues(2 * leaf, leaf)).append(KeyValues(3 * leaf, leaf))
    known.keys.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.flatten().tolist() == [6.0, 6.0, 6.0]
