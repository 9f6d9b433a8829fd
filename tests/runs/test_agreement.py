"""Processes that have not the same before them are all told so, by rank; those that have go on."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import MachineError
from regard.runs.agreement import require_agreement
from regard.training import Alone, Processes

Complaints = Callable[[Sequence[Mapping[str, Any]]], list[str]]
SAME = {"other training pairs": "f00d", "other checkpoints": [40, 1.5], "other weights to go on from": None}


@pytest.fixture(scope="session")
def complaints(neighbours: Callable[[int], list[Processes]]) -> Complaints:
    """What each of some processes is told, each of which has facts of its own."""

    def one(processes: Processes, facts: Mapping[str, Any]) -> str:
        try:
            require_agreement(processes, lambda: facts)
        except MachineError as error:
            return str(error)
        return ""

    def of_all(facts: Sequence[Mapping[str, Any]]) -> list[str]:
        with ThreadPoolExecutor(len(facts)) as pool:
            return list(pool.map(one, neighbours(len(facts)), facts))

    return of_all


def test_who_differs_in_what_is_said_in_all_processes(complaints: Complaints) -> None:
    one = {**SAME, "other training pairs": "beef"}
    both = {**one, "other checkpoints": [40, 1.5000000000000002]}
    told = complaints([SAME, one, SAME, both])
    assert len(set(told)) == 1
    assert "there are other training pairs in rank 1, 3; other checkpoints in rank 3. Each reads the files" in told[0]


@given(st.lists(st.sampled_from([None, True, 0, 1.5, "", "a"]), min_size=2, max_size=4))
def test_exactly_those_that_have_the_same_go_on(complaints: Complaints, values: list[Any]) -> None:
    is_one = len({json.dumps(value) for value in values}) == 1
    assert all((told == "") is is_one for told in complaints([{"other files": value} for value in values]))


def test_one_process_alone_is_asked_for_nothing() -> None:
    require_agreement(Alone(), lambda: pytest.fail("hashing a large corpus takes a while"))
