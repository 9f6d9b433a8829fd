"""The engine: what shares a batch, in which order, what is refused, and what happens to work that nobody waits for."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from regard.server.engine import Engine
from regard.server.hands import Here
from regard.server.journal import Journal
from regard.server.limits import Limits
from regard.server.metrics import Metrics
from regard.server.problem import Problem
from regard.server.shelf import Served
from regard.server.ticket import CallTicket, Line, Search, TranslationTicket
from regard.translator import Alternative, Translation


class Slow:
    """Stands in for a translator: notes each batch, takes a moment, and shouts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.unwanted: set[str] = set()
        self.batches: list[list[str]] = []
        self.steps = self.at_once = self.busy = 0

    def translate_lines(
        self, lines: Iterable[str], *, cancel: Callable[[int], bool], **_: Any
    ) -> Iterator[Translation]:
        batch = list(lines)
        self.batches.append(batch)
        self.busy += 1
        self.at_once = max(self.at_once, self.busy)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and len(self.unwanted) < len(batch):
            self.unwanted = {line for number, line in enumerate(batch) if cancel(number)}
            self.steps += 1
            time.sleep(0.01)
        self.busy -= 1
        if "bad" in batch:
            raise ValueError
        return iter([translation(line.upper()) for line in batch])


def translation(text: str, *flags: Any) -> Translation:
    return Translation(text, 0.0, (), (Alternative(text, 0.0, (), not flags, flags=flags),))


def served(translator: Slow, name: str = "slow") -> Served:
    """A model on a shelf, made without its own checks, since the translator is a stand-in."""
    made = object.__new__(Served)
    facts = {"name": name, "folder": Path(name), "translator": translator, "signature": (0, 0, 0)}
    for key, value in facts.items():
        object.__setattr__(made, key, value)
    return made


def ticket(model: Served, *lines: str, cost: int = 10, seconds: float = 10.0) -> TranslationTicket:
    return TranslationTicket(
        model, [Line(line, cost, cost // 5) for line in lines], Search(), time.monotonic() + seconds
    )


def engine(**limits: int) -> Engine:
    return Engine(Limits(**limits), Metrics(), Journal(None))


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a scene in a thread of its own: a browser of another test may hold this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(scene())).result(timeout=60)


async def texts(asked: TranslationTicket) -> list[str]:
    return [translation.text for translation in await asyncio.wait_for(asked.future, 10)]


def test_lines_come_back_in_their_order() -> None:
    async def scene() -> None:
        runs = engine(batch_tokens=25)
        asked = ticket(served(Slow()), "a", "b", "c", "d", "e")
        runs.submit(asked)
        assert await texts(asked) == ["A", "B", "C", "D", "E"]
        runs.stop()

    played(scene)


def test_what_waits_shares_a_batch_a_line_each_in_turn() -> None:
    async def scene() -> None:
        runs, slow = engine(batch_tokens=40), Slow(0.2)
        model = served(slow)
        first = ticket(model, "first")
        runs.submit(first)
        await asyncio.sleep(0.1)  # the engine is busy; what comes now gathers
        large, small = ticket(model, "l1", "l2", "l3", "l4", "l5"), ticket(model, "s1", "s2")
        runs.submit(large)
        runs.submit(small)
        assert await texts(small) == ["S1", "S2"]
        assert not large.future.done()
        assert await texts(large) == ["L1", "L2", "L3", "L4", "L5"]
        assert slow.batches == [["first"], ["l1", "s1", "l2", "s2"], ["l3", "l4", "l5"]]
        runs.stop()

    played(scene)


def test_a_batch_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        runs, loop = engine(), asyncio.get_running_loop()
        model = served(Slow(0.1))
        runs.submit(first := ticket(model, "first"))
        await asyncio.sleep(0.05)  # the engine is busy; what comes now gathers
        asked = [ticket(model, f"line {number}") for number in range(50)]
        for each in asked:
            runs.submit(each)
        await texts(first)
        woken, wake = iter(range(100)), loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args, **_: (next(woken), wake(*args)))
        assert [await texts(each) for each in asked] == [[f"LINE {number}"] for number in range(50)]
        assert next(woken) == 1
        monkeypatch.undo()
        runs.stop()

    played(scene)


class Punctual:
    """Stands in for a hand: leaves what is asked at the word "late", and gives what it has so far."""

    def translate(self, _: Served, lines: Sequence[str], *__: object) -> list[Translation]:
        return [translation("so far", *(["cancelled"] if line == "late" else [])) for line in lines]

    def close(self) -> None:
        """Nothing is to be ended."""


def test_what_a_search_had_at_its_deadline_is_no_answer() -> None:
    async def scene() -> None:
        runs = Engine(Limits(), Metrics(), Journal(None), (Punctual(),))
        model = served(Slow())
        late, whole = ticket(model, "on time", "late"), ticket(model, "on time")
        runs.submit(late)
        runs.submit(whole)
        assert await texts(whole) == ["so far"]
        await asyncio.sleep(0.05)
        assert not late.future.done()
        runs.abandon(late)
        await asyncio.sleep(0)
        assert runs.is_idle
        runs.stop()

    played(scene)


def test_models_do_not_share_a_batch() -> None:
    async def scene() -> None:
        runs, one, other = engine(), Slow(0.1), Slow()
        busy = ticket(served(one), "busy")
        runs.submit(busy)
        await asyncio.sleep(0.05)
        asked = [ticket(served(one), "a"), ticket(served(other), "b")]
        for each in asked:
            runs.submit(each)
        assert [await texts(each) for each in asked] == [["A"], ["B"]]
        assert other.batches == [["b"]]
        runs.stop()

    played(scene)


def test_one_bad_line_fails_its_own_request_only() -> None:
    async def scene() -> None:
        runs, slow = engine(), Slow(0.1)
        model = served(slow)
        busy = ticket(model, "busy")
        runs.submit(busy)
        await asyncio.sleep(0.05)
        good, bad = ticket(model, "good"), ticket(model, "bad")
        runs.submit(good)
        runs.submit(bad)
        assert await texts(good) == ["GOOD"]
        with pytest.raises(ValueError):  # noqa: PT011 - the stand-in says nothing
            await bad.future
        runs.stop()

    played(scene)


@pytest.mark.guarantee(
    "work is admitted by its cost; what is too much is refused at once with Retry-After",
    area="serving",
    control="test_without_a_limit_everything_is_let_in",
    reported="unbounded queue",
)
def test_too_much_is_refused_at_once() -> None:
    async def scene() -> None:
        runs = engine(waiting_tokens=100)
        model = served(Slow(0.3))
        asked = [ticket(model, "x", cost=50) for _ in range(2)]
        for each in asked:
            runs.submit(each)
        with pytest.raises(Problem, match="too much work") as refused:
            runs.submit(ticket(model, "y", cost=50))
        assert refused.value.status == 429
        assert int(refused.value.headers()["Retry-After"]) >= 1
        for each in asked:
            await texts(each)
        await asyncio.sleep(0)
        runs.submit(last := ticket(model, "z", cost=50))  # there is room again
        assert await texts(last) == ["Z"]
        runs.stop()

    played(scene)


def test_without_a_limit_everything_is_let_in() -> None:
    async def scene() -> None:
        runs = engine(waiting_tokens=1 << 40)
        model = served(Slow())
        asked = [ticket(model, "x", cost=50) for _ in range(50)]
        for each in asked:
            runs.submit(each)
        assert [await texts(each) for each in asked] == [["X"]] * 50
        runs.stop()

    played(scene)


def test_one_request_that_is_larger_than_the_queue_is_let_in_alone() -> None:
    async def scene() -> None:
        runs = engine(waiting_tokens=10)
        asked = ticket(served(Slow()), "large", cost=1000)
        runs.submit(asked)
        assert await texts(asked) == ["LARGE"]
        runs.stop()

    played(scene)


@pytest.mark.guarantee(
    "what nobody waits for any more is not translated",
    area="serving",
    control="test_what_somebody_waits_for_is_translated",
    reported="plain handlers run on after the client has gone",
)
def test_abandoned_and_late_work_is_dropped() -> None:
    async def scene() -> None:
        runs, slow = engine(), Slow(0.2)
        model = served(slow)
        busy, left, late = ticket(model, "busy"), ticket(model, "left"), ticket(model, "late", seconds=0.05)
        runs.submit(busy)
        await asyncio.sleep(0.05)
        runs.submit(left)
        runs.submit(late)
        runs.abandon(left)
        await texts(busy)
        await asyncio.sleep(0.1)
        assert slow.batches == [["busy"]]
        assert left.future.cancelled()
        runs.stop()

    played(scene)


def test_a_batch_ends_when_the_last_one_who_waits_leaves() -> None:
    async def scene() -> None:
        runs, slow = engine(), Slow(5.0)
        model = served(slow)
        asked = ticket(model, "a")
        runs.submit(asked)
        await asyncio.sleep(0.1)
        runs.abandon(asked)
        steps = slow.steps
        await asyncio.sleep(0.2)
        assert slow.steps <= steps + 1
        runs.submit(after := ticket(served(Slow()), "b"))
        assert await texts(after) == ["B"]
        runs.stop()

    played(scene)


def test_a_batch_goes_on_while_somebody_waits() -> None:
    async def scene() -> None:
        runs, slow = engine(), Slow(0.4)
        model, busy = served(slow), Slow(0.1)
        runs.submit(ticket(served(busy), "busy"))
        await asyncio.sleep(0.02)
        left, stays = ticket(model, "left"), ticket(model, "stays")
        runs.submit(left)
        runs.submit(stays)
        await asyncio.sleep(0.2)
        runs.abandon(left)
        assert await texts(stays) == ["STAYS"]
        assert slow.steps > 15
        assert slow.unwanted == {"left"}  # the search was told which of its lines nobody waits for
        runs.stop()

    played(scene)


def test_what_somebody_waits_for_is_translated() -> None:
    async def scene() -> None:
        runs, slow = engine(), Slow(0.1)
        model = served(slow)
        for text in ("busy", "waits"):
            runs.submit(asked := ticket(model, text))
            await asyncio.sleep(0.02)
        assert await texts(asked) == ["WAITS"]
        assert slow.batches == [["busy"], ["waits"]]
        runs.stop()

    played(scene)


def test_costs_are_given_back_whatever_happens() -> None:
    async def scene() -> None:
        runs, model = engine(), served(Slow(0.05))
        kept, left, bad = ticket(model, "a"), ticket(model, "b"), ticket(model, "bad")
        for each in (kept, left, bad):
            runs.submit(each)
        runs.abandon(left)
        await texts(kept)
        await asyncio.wait([bad.future], timeout=10)
        bad.future.exception()
        await asyncio.sleep(0.01)
        assert runs.is_idle
        runs.stop()

    played(scene)


def test_a_closed_engine_ends_its_work_and_takes_no_more() -> None:
    async def scene() -> None:
        runs, model = engine(), served(Slow(0.1))
        runs.submit(asked := ticket(model, "a"))
        runs.close()
        with pytest.raises(Problem, match="about to stop") as refused:
            runs.submit(ticket(model, "b"))
        assert refused.value.status == 503
        assert await texts(asked) == ["A"]
        runs.stop()

    played(scene)


def test_calls_are_made_alone_and_see_when_they_may_stop() -> None:
    async def scene() -> None:
        runs = engine()
        seen: list[bool] = []

        def call(is_dead: Any) -> str:
            seen.append(is_dead())
            time.sleep(0.2)
            seen.append(is_dead())
            return "done"

        asked = CallTicket(call, 10, time.monotonic() + 10)
        runs.submit(asked)
        await asyncio.sleep(0.1)
        runs.abandon(asked)
        await asyncio.sleep(0.2)
        assert seen == [False, True]
        runs.submit(other := CallTicket(lambda _: "answer", 10, time.monotonic() + 10))
        assert await asyncio.wait_for(other.future, 5) == "answer"
        runs.stop()

    played(scene)


def test_a_full_engine_refuses_unread_until_something_ends() -> None:
    async def scene() -> None:
        runs, slow = engine(waiting_tokens=20), Slow(0.1)
        model = served(slow)
        runs.refuse_if_full()  # it is not
        runs.submit(first := ticket(model, "first", cost=15))
        runs.refuse_if_full()  # nothing was refused yet
        with pytest.raises(Problem):
            runs.submit(ticket(model, "second", cost=15))
        with pytest.raises(Problem) as refused:
            runs.refuse_if_full()
        assert refused.value.status == 429
        assert "Retry-After" in refused.value.headers()
        await texts(first)
        await asyncio.sleep(0)
        runs.refuse_if_full()
        runs.stop()

    played(scene)


def test_two_hands_share_a_request() -> None:
    async def scene() -> None:
        runs, slow = Engine(Limits(batch_tokens=20), Metrics(), Journal(None), (Here(), Here())), Slow(0.2)
        runs.submit(asked := ticket(served(slow), *"abcdefgh"))
        assert await texts(asked) == list("ABCDEFGH")
        assert len(slow.batches) == 4
        assert slow.at_once == 2
        runs.stop()

    played(scene)


def test_source_tokens_are_counted_as_they_are_whatever_the_beam() -> None:
    async def scene() -> None:
        metrics = Metrics()
        runs = Engine(Limits(), metrics, Journal(None))
        lines = [Line("a", cost=20, num_tokens=3), Line("b", cost=15, num_tokens=2)]  # a beam of 5
        asked = TranslationTicket(served(Slow()), lines, Search(beam_size=5), time.monotonic() + 10)
        runs.submit(asked)
        await texts(asked)
        runs.stop()
        for name, value in (("regard_source_tokens_total", 5), ("regard_sentences_total", 2)):
            assert metrics.registry.get_sample_value(name, {"model": "slow"}) == value

    played(scene)
