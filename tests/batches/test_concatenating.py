"""Pairs made of two: both sides of the same two, none too long, other ones each epoch, the same after a resume."""

import numpy as np

from regard.batches import BatchStream, Concatenation, EncodedPairs, Place, Ragged

SOURCE = [[10 + number] * (1 + number % 4) for number in range(40)]
TARGET = [[100 + number] * (1 + number % 3) for number in range(40)]
PAIRS = EncodedPairs(Ragged.of(SOURCE), Ragged.of(TARGET))


def listed(side: Ragged) -> list[list[int]]:
    return [side[index].tolist() for index in range(len(side))]


def stream(concatenation: Concatenation | None, place: Place | None = None) -> BatchStream:
    return BatchStream(PAIRS, budget=60, seed=3, place=place, concatenation=concatenation)


def test_pairs_stay_and_joined_ones_are_of_the_same_two_on_both_sides() -> None:
    found = Concatenation(1.5, 100)(PAIRS, np.random.default_rng(0))
    sources, targets = listed(found.source), listed(found.target)
    assert sources[:40] == SOURCE
    assert targets[:40] == TARGET
    assert len(found) == 100
    for source, target in zip(sources[40:], targets[40:], strict=True):
        ones = [number for number in range(40) if 10 + number in source]
        first = source[0] - 10
        second = next((number for number in ones if number != first), first)
        assert source == SOURCE[first] + SOURCE[second]
        assert target == TARGET[first] + TARGET[second]


def test_none_gets_longer_than_allowed() -> None:
    found = Concatenation(5.0, 4)(PAIRS, np.random.default_rng(0))
    assert 40 < len(found) < 240
    assert max(found.source.lengths.max(), found.target.lengths.max()) <= 4


def test_epochs_have_others_and_a_stream_set_back_has_the_same() -> None:
    concatenation = Concatenation(1.0, 100)
    first = stream(concatenation)
    taken = [first.take() for _ in range(3)]
    place = first.place
    expected = [first.take().source.tolist() for _ in range(40)]
    again = stream(concatenation, place)
    assert [again.take().source.tolist() for _ in range(40)] == expected
    assert again.place.epoch > 0
    assert taken[0].source.tolist() not in expected[-5:]


def test_off_the_order_is_what_it_was() -> None:
    plain = BatchStream(PAIRS, budget=60, seed=3)
    assert all(plain.take().source.equal(stream(None, place).take().source) for place in (Place(0, 0),))
    assert sum(len(batch) for batch in plain.batches_of(0)) == 40
    assert sum(len(batch) for batch in stream(Concatenation(1.0, 100)).batches_of(0)) == 80


def test_ids_read_from_disk_as_short_numbers_can_be_joined() -> None:
    short = EncodedPairs(*(Ragged(side.ids.astype(np.uint16), side.offsets) for side in (PAIRS.source, PAIRS.target)))
    found = Concatenation(1.0, 100)(short, np.random.default_rng(0))
    assert listed(found.source)[:40] == SOURCE
