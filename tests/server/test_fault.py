"""What goes wrong without being the client's fault stands in the log: its kind and its place, and no text of a user."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import regard
from regard.errors import DivergedError, OutOfMemoryError, SettingsError
from regard.server.engine import Engine
from regard.server.fault import ElsewhereError, fault_of
from regard.server.hands import Hand, Here, There
from regard.server.journal import Journal
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.problem import Problem
from regard.server.service import result_of
from regard.server.shelf import Served, Shelf
from regard.server.ticket import CallTicket, Line, Search, TranslationTicket
from regard.translator import Translation

TEXT = "what somebody wrote"


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a scene in a thread of its own: a browser of another test may hold this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(scene())).result(timeout=60)


def fail(*_: object, **__: object) -> Any:
    raise TypeError(TEXT)


class Failing:
    """Stands in for a hand."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def translate(self, _: Served, lines: Sequence[str], *__: object) -> list[Translation]:
        raise self.error

    def close(self) -> None:
        """Nothing is to be ended."""


def answer_to(hand: Hand, served: Served, log: Any) -> Problem:
    """What a client is told whose line the hand fails at."""
    told: list[Problem] = []

    async def scene() -> None:
        engine = Engine(Limits(), Metrics(), Journal(log), (hand,))
        asked = TranslationTicket(served, [Line(TEXT, 10, 1)], Search(), asyncio.get_running_loop().time() + 30)
        engine.submit(asked)
        await asyncio.wait({asked.future})
        with pytest.raises(Problem) as problem:
            result_of(asked)
        told.append(problem.value)
        engine.stop()

    played(scene)
    return told[0]


@pytest.fixture
def shelf(tiny_run: Path) -> Shelf:
    return Shelf([tiny_run], regard.load, Metrics(), Journal(None))


def logged(log: Any) -> list[tuple[str, str, str]]:
    assert TEXT not in log.getvalue()
    return [(event["event"], event["kind"], event["where"]) for event in log.events()]


def test_kind_and_place_are_logged(shelf: Shelf, log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf.models[0].translator, "translate_lines", fail)
    problem = answer_to(Here(), shelf.models[0], log)
    assert (problem.status, problem.sentence) == (500, "this is a bug of the server; its log names the place")
    assert logged(log) == [("failed", "TypeError", place_of_fail())]


def test_a_process_of_its_own_sends_kind_and_place(shelf: Shelf, log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf.models[0].translator, "translate_lines", fail)
    hand = There(shelf, regard.load, Limits())
    with pytest.raises(ElsewhereError, match=r"TypeError at test_fault\.py"):
        hand.translate(shelf.models[0], ["one"], Search(), lambda _: False)
    assert answer_to(hand, shelf.models[0], log).status == 500
    assert logged(log) == [("failed", "TypeError", place_of_fail())]


OF_PYTORCH = f"DefaultCPUAllocator: can't allocate memory: {TEXT}"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TypeError(TEXT), 500),
        (DivergedError(TEXT), 500),
        (RuntimeError(TEXT), 500),
        (MemoryError(TEXT), 503),
        (RuntimeError(OF_PYTORCH), 503),
        (OutOfMemoryError(TEXT), 503),
    ],
)
def test_a_client_is_told_the_same_wherever_a_batch_fails(
    shelf: Shelf, log: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail_so(*_: object, **__: object) -> Any:
        raise error.with_traceback(None)

    monkeypatch.setattr(shelf.models[0].translator, "translate_lines", fail_so)
    here, there = (answer_to(hand, shelf.models[0], log) for hand in (Here(), There(shelf, regard.load, Limits())))
    assert here.status == status
    assert (there.status, there.sentence, there.retry_after) == (here.status, here.sentence, here.retry_after)
    first, second = logged(log)
    assert first == second
    assert first[1] == type(error).__name__


def test_errors_of_the_rooms_below_are_logged_unless_they_are_the_clients(shelf: Shelf, log: Any) -> None:
    wrong, model = SettingsError("beam_size must be positive"), regard.errors.ShapeError(TEXT)
    assert answer_to(Failing(wrong), shelf.models[0], log).status == 422
    assert log.getvalue() == ""
    problem = answer_to(Failing(model), shelf.models[0], log)
    assert problem.status == 500
    assert "regard doctor" in problem.sentence
    assert [kind for _, kind, _ in logged(log)] == ["ShapeError"]


def test_a_call_that_fails_is_logged(log: Any) -> None:
    async def scene() -> None:
        engine = Engine(Limits(), Metrics(), Journal(log))
        engine.submit(asked := CallTicket(fail, 10, asyncio.get_running_loop().time() + 30))
        await asyncio.wait({asked.future})
        assert isinstance(asked.future.exception(), TypeError)
        engine.stop()

    played(scene)
    assert logged(log) == [("failed", "TypeError", place_of_fail())]


def place_of_fail() -> str:
    return f"test_fault.py:{fail.__code__.co_firstlineno + 1}"


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert fault_of(KeyError(TEXT)) == {"kind": "KeyError", "where": ""}
