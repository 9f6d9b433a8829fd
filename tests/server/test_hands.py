"""Processes that translate for the server: the same as here, and nothing is lost when one of them is."""

import dataclasses
import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import regard
from regard.server.hands import Hand, Here, There, hands_for
from regard.server.journal import Journal
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.shelf import Served, Shelf
from regard.server.ticket import Search
from regard.translator import Translation

LINES = ["one two three", "", "nine", "four five six seven eight"]


HERE = Translation("here", 0.0, (), ())
Killed = Callable[[Shelf], list[Translation]]


def wanted(_: int) -> bool:
    return False


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models that are asked here from now on, instead of in the process."""
    names: list[str] = []

    def translate(_: Here, served: Served, *__: object) -> list[Translation]:
        names.append(served.name)
        return [HERE]

    monkeypatch.setattr(Here, "translate", translate)
    return names


@pytest.fixture
def shelf(tiny_run: Path) -> Shelf:
    return Shelf([tiny_run], regard.load, Metrics(), Journal(None))


@pytest.fixture
def there(shelf: Shelf) -> Iterator[There]:
    hand = There(shelf, regard.load, Limits())
    yield hand
    hand.close()


@pytest.mark.parametrize("search", [Search(), Search(beam_size=3, num_hypotheses=2)], ids=["plain", "alternatives"])
def test_a_process_translates_as_this_one_does(shelf: Shelf, there: Hand, search: Search) -> None:
    served = shelf.models[0]
    found = there.translate(served, LINES, search, wanted)
    assert found == Here().translate(served, LINES, search, wanted)
    assert [each.text for each in found][:2] == ["un deux trois", ""]


def test_what_goes_wrong_there_is_raised_here(shelf: Shelf, there: Hand) -> None:
    with pytest.raises(regard.errors.SettingsError, match="num_hypotheses"):
        there.translate(shelf.models[0], LINES, Search(beam_size=1, num_hypotheses=2), wanted)
    assert there.translate(shelf.models[0], LINES[:1], Search(), wanted)[0].text == "un deux trois"


class Littering:
    """Stands in for a translator: leaves a cycle behind each time, and says how many there are by now."""

    def __init__(self) -> None:
        self.me = [self]
        self.left: list[weakref.ref[Littering]] = []

    def translate_lines(self, *_: object, **__: object) -> list[Translation]:
        count = sum(1 for each in self.left if each() is not None)
        self.left.append(weakref.ref(Littering()))
        return [Translation(str(count), 0.0, (), ())]


def test_a_process_has_no_garbage_after_a_batch(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    served, littering = shelf.models[0], Littering()
    monkeypatch.setattr(served.translator, "translate_lines", littering.translate_lines)
    hand = There(shelf, regard.load, Limits())
    assert [hand.translate(served, LINES[:1], Search(), wanted)[0].text for _ in range(3)] == ["0", "0", "0"]
    hand.close()
    gc.disable()  # the control: without a look nothing goes
    try:
        assert [littering.translate_lines()[0].text for _ in range(3)] == ["0", "1", "2"]
    finally:
        gc.enable()


def test_a_line_that_nobody_wants_leaves_the_search(shelf: Shelf, there: Hand) -> None:
    long = " ".join(["one two three four five"] * 12)
    found = there.translate(shelf.models[0], [long, LINES[0]], Search(), lambda number: number == 0)
    assert found[1].text == "un deux trois"
    assert found[0].flags == ("cancelled",)


def test_a_model_that_is_loaded_anew_is_taken_in(shelf: Shelf, there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    served = shelf.models[0]
    fresh = dataclasses.replace(served, number=served.number + 1)
    done_here = noted(monkeypatch)
    for model in (served, fresh):
        assert there.translate(model, LINES[:1], Search(), wanted)[0].text == "un deux trois"
    assert done_here == []
    assert there.translate(served, LINES[:1], Search(), wanted) == [HERE]  # the process has a newer one


def test_a_model_that_has_changed_again_is_not_taken_for_this_one(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def load(folder: Path) -> regard.Translator:
        with (tmp_path / "loads").open("a", encoding="utf-8") as file:  # the process shares nothing but files
            file.write("loaded\n")
        fresh = regard.load(folder)
        fresh.translate_lines = None  # type: ignore[method-assign,assignment] # who takes it in can do nothing any more
        return fresh

    served, hand = shelf.models[0], There(shelf, load, Limits())
    meant = dataclasses.replace(served, number=served.number + 1)
    done_here = noted(monkeypatch)
    with monkeypatch.context() as changed:
        changed.setattr(served.translator, "weights_sha256", "of other weights")
        for _ in range(3):
            assert hand.translate(meant, LINES[:1], Search(), wanted) == [HERE]
    assert len(done_here) == 3
    assert (tmp_path / "loads").read_text() == "loaded\n"  # once, not for every batch
    assert hand.translate(served, LINES[:1], Search(), wanted)[0].text == "un deux trois"  # what it had, it still has
    hand.close()


def test_a_model_there_was_no_memory_for_is_offered_again_after_a_while(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def load(folder: Path) -> regard.Translator:
        if not (tmp_path / "there is memory").exists():
            raise MemoryError
        return regard.load(folder)

    served, hand = shelf.models[0], There(shelf, load, Limits())
    fresh = dataclasses.replace(served, number=served.number + 1)
    done_here = noted(monkeypatch)
    assert hand.translate(fresh, LINES[:1], Search(), wanted) == [HERE]
    (tmp_path / "there is memory").touch()
    assert hand.translate(fresh, LINES[:1], Search(), wanted) == [HERE]  # it is too early to ask again
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert hand.translate(fresh, LINES[:1], Search(), wanted)[0].text == "un deux trois"
    assert len(done_here) == 2
    hand.close()


def kill(hand: There) -> None:
    process = hand._process
    assert process.is_alive()
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def killed_before(shelf: Shelf) -> list[Translation]:
    """What becomes of lines that come after the process was killed."""
    hand = There(shelf, regard.load, Limits())
    kill(hand)
    found = hand.translate(shelf.models[0], LINES, Search(), wanted)
    hand.close()
    return found


def killed_meanwhile(shelf: Shelf) -> list[Translation]:
    """What becomes of lines whose process is killed while it works on them, since it would never come to an end."""
    served, here = shelf.models[0], os.getpid()
    translate_lines = served.translator.translate_lines

    def never_there(*arguments: Any, **options: Any) -> Any:
        if os.getpid() != here:
            signal.pause()
        return translate_lines(*arguments, **options)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(served.translator, "translate_lines", never_there)
        hand = There(shelf, regard.load, Limits())
        looks: list[int] = []

        def unwanted(line: int) -> bool:
            looks.append(line)
            if len(looks) == 1:  # it is looked whether somebody still waits: the lines were sent
                kill(hand)
            return False

        found = hand.translate(served, LINES, Search(), unwanted)
    assert looks
    hand.close()
    return found


KILLED = pytest.mark.parametrize("killed", [killed_before, killed_meanwhile], ids=["waiting", "translating"])


@pytest.mark.guarantee(
    "a translating process that is killed loses no request",
    area="serving",
    control="test_without_this_process_a_killed_one_would_lose_its_lines",
    reported="workers that die under memory pressure take their requests with them",
)
@KILLED
def test_a_process_that_is_killed_loses_nothing(shelf: Shelf, killed: Killed) -> None:
    assert killed(shelf) == Here().translate(shelf.models[0], LINES, Search(), wanted)


@KILLED
def test_without_this_process_a_killed_one_would_lose_its_lines(
    shelf: Shelf, killed: Killed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: it is this process that translates them, and none that was still there."""
    monkeypatch.setattr(Here, "translate", lambda *_: [])
    assert killed(shelf) == []


def test_a_process_goes_when_its_pipe_is_closed(shelf: Shelf) -> None:
    hand = There(shelf, regard.load, Limits())
    process = hand._process
    assert process.is_alive()
    hand.close()
    assert process.exitcode == 0  # by itself: what does not go is killed


def test_one_of_several_processes_can_go_alone(shelf: Shelf) -> None:
    first = There(shelf, regard.load, Limits())
    second = There(shelf, regard.load, Limits(), before=[first])
    first.close()
    assert first._process.exitcode == 0  # by itself: the second does not hold its pipe open until it is killed
    second.close()


def test_how_many_hands_there_are(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [type(hand) for hand in hands_for(shelf, regard.load, Limits(), 0)] == [Here]
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # the tests have threads of their own
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    for processes, count in ((None, 3), (2, 2)):
        hands = hands_for(shelf, regard.load, Limits(), processes)
        for hand in hands:
            hand.close()
        assert [type(hand) for hand in hands] == [There] * count
    assert gc.get_freeze_count() > 100_000  # their memory stays shared: nobody looks through it for garbage
    gc.unfreeze()
    monkeypatch.setattr(threading, "active_count", lambda: 2)  # to fork now could lock up
    assert [type(hand) for hand in hands_for(shelf, regard.load, Limits(), None)] == [Here]
