"""Processes that have not the same before them are all told so, by rank; those that have go on."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from regard.errors import MachineError
from regard.models import AnyModel
from regard.runs.agreement import require_agreement
from regard.training import Alone, Processes

SAME = {"other training pairs": "f00d", "other checkpoints": [40, 1.5], "other weights to go on from": None}


class Thread(Processes):
    """A process that is a thread: what it tells the others goes through a list."""

    def __init__(self, rank: int, told: list[Sequence[float]], meeting: Barrier) -> None:
        self.rank, self.size, self._told, self._meeting = rank, len(told), told, meeting

    def network(self, model: AnyModel) -> AnyModel:
        return model

    def sum_gradients(self, network: nn.Module) -> None:
        raise NotImplementedError

    def sum(self, values: Sequence[float]) -> list[float]:
        self._told[self.rank] = values
        self._meeting.wait()
        sums = [sum(each) for each in zip(*self._told, strict=True)]
        self._meeting.wait()
        return sums

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        raise NotImplementedError

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        raise NotImplementedError

    def wait(self) -> None:
        self.sum([0.0])


def complaints(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each of some processes is told, each of which has facts of its own."""
    told: list[Sequence[float]] = [()] * len(facts)
    meeting = Barrier(len(facts), timeout=100)

    def one(rank: int) -> str:
        try:
            require_agreement(Thread(rank, told, meeting), lambda: facts[rank])
        except MachineError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(facts)) as pool:
        return list(pool.map(one, range(len(facts))))


def test_who_differs_in_what_is_said_in_all_processes() -> None:
    one = {**SAME, "other training pairs": "beef"}
    both = {**one, "other checkpoints": [40, 1.5000000000000002]}
    told = complaints([SAME, one, SAME, both])
    assert len(set(told)) == 1
    assert "there are other training pairs in rank 1, 3; other checkpoints in rank 3. Each reads the files" in told[0]


@given(st.lists(st.sampled_from([None, True, 0, 1.5, "", "a"]), min_size=2, max_size=4))
def test_exactly_those_that_have_the_same_go_on(values: list[Any]) -> None:
    is_one = len({json.dumps(value) for value in values}) == 1
    assert all((told == "") is is_one for told in complaints([{"other files": value} for value in values]))


def test_one_process_alone_is_asked_for_nothing() -> None:
    require_agreement(Alone(), lambda: pytest.fail("hashing a large corpus takes a while"))
