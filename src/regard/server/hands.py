"""Who translates the engine's batches: this process itself, or processes that were forked for it.

One interpreter runs one line of Python at a time. Where requests are answered and sentences translated by the same one,
each waits for the other at every step, and the busier the door, the slower the work. So the models live in processes of
their own as well, forked when they are loaded: the weights are in memory once.
"""

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Protocol, final, runtime_checkable

from regard.launch import num_cores
from regard.server.fault import ElsewhereError, family_of, fault_of
from regard.server.limits import Limits
from regard.server.problem import OF_CLIENTS
from regard.server.shelf import Served, Shelf
from regard.server.ticket import Search
from regard.translator import Translation, Translator
from regard.translator.forked import answer_until_closed

_LOOK_SECONDS: Final = 0.005
"""How often it is looked whether somebody still waits."""
_LOOK_SECONDS_PER_LINE: Final = 0.0001
"""Of many lines less often, since a look at each takes a microsecond; a step of their search takes longer still."""
_WAIT_SECONDS: Final = 60.0
"""Before a model is offered again that could not be taken in, perhaps for want of memory."""

Unwanted = Callable[[int], bool]
"""Whether nobody waits for the translation of a line any more."""
Load = Callable[[Path], Translator]


@runtime_checkable
class Hand(Protocol):
    """Translates one batch after the other."""

    def translate(self, served: Served, lines: Sequence[str], search: Search, unwanted: Unwanted) -> list[Translation]:
        """A translation per line; lines that become unwanted leave the search at its next step."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


@final
class Here:
    """This process."""

    def translate(self, served: Served, lines: Sequence[str], search: Search, unwanted: Unwanted) -> list[Translation]:
        """With the model of the shelf itself."""
        return _translations(served.translator.translate_lines, lines, search, unwanted)

    def close(self) -> None:
        """Nothing is to be ended."""


@final
class There:
    """A process of its own, with one thread, which knows the models that were on the shelf when it was forked.

    A model that has been loaded anew it loads too, when the first batch for it comes. What it cannot do, because the
    file has changed again meanwhile, because there is no memory for it, or because it was ended from outside, is done
    here.

    Args:
        shelf: its models.
        load: loads one anew.
        limits: how many tokens a batch may have.
        before: those that were forked before; the process has their pipes too, and lets go of them.
    """

    def __init__(self, shelf: Shelf, load: Load, limits: Limits, *, before: Sequence["There"] = ()) -> None:
        context = multiprocessing.get_context("fork")
        self._held = {served.name: served for served in shelf.models}
        self._missed: dict[str, tuple[int, float]] = {}  # numbers of models it did not take in, and when to ask again
        # A line costs at least one token, so a batch has no more lines; the first one may cost anything.
        self._unwanted: Any = context.RawArray("b", limits.batch_tokens + 1)
        self._pipe, theirs = context.Pipe()
        models = {served.name: served.translator for served in shelf.models}
        inherited = [self._pipe, *(other._pipe for other in before)]
        self._process = context.Process(target=self._work, args=(theirs, models, load, inherited), daemon=True)
        self._process.start()
        theirs.close()

    def translate(self, served: Served, lines: Sequence[str], search: Search, unwanted: Unwanted) -> list[Translation]:
        """Sends the lines there, and waits for their translations."""
        try:
            if self._takes_in(served):
                return self._sent(served, lines, search, unwanted)
        except (EOFError, OSError):
            self._held = {}  # the process is gone
        return Here().translate(served, lines, search, unwanted)

    def close(self) -> None:
        """Lets the process end."""
        self._pipe.close()
        self._process.join(timeout=5)
        self._process.kill()

    def _takes_in(self, served: Served) -> bool:
        """Whether the process has this very model, after it was told to load it if it is a new one."""
        held = self._held.get(served.name)
        if held is None or held is served or held.number > served.number:
            return held is served
        number, ask_again = self._missed.get(served.name, (-1, 0.0))
        if number == served.number and time.monotonic() < ask_again:
            return False
        self._pipe.send((served.name, served.folder, served.translator.weights_sha256))
        if self._pipe.recv() is not True:
            self._missed[served.name] = (served.number, time.monotonic() + _WAIT_SECONDS)
            return False
        self._held[served.name] = served
        return True

    def _sent(self, served: Served, lines: Sequence[str], search: Search, unwanted: Unwanted) -> list[Translation]:
        self._unwanted[: len(lines)] = bytes(len(lines))
        self._pipe.send((served.name, list(lines), search))
        look_seconds = max(_LOOK_SECONDS, len(lines) * _LOOK_SECONDS_PER_LINE)
        while not self._pipe.poll(look_seconds):
            for number in range(len(lines)):
                self._unwanted[number] = self._unwanted[number] or unwanted(number)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        found: list[Translation] = answer
        return found

    def _work(
        self, pipe: Connection, models: dict[str, Translator], load: Load, inherited: Sequence[Connection]
    ) -> None:
        answer_until_closed(pipe, lambda asked: self._answer(asked, models, load), inherited=inherited)

    def _answer(self, asked: Any, models: dict[str, Translator], load: Load) -> object:
        try:
            if isinstance(asked[1], Path):
                name, folder, weights_sha256 = asked
                return _taken_in(models, name, load(folder), weights_sha256)
            name, lines, search = asked
            return _translations(
                models[name].translate_lines, lines, search, lambda number: bool(self._unwanted[number])
            )
        except OF_CLIENTS as error:
            return error
        except Exception as error:
            return ElsewhereError(**fault_of(error), family=family_of(error))


def _taken_in(models: dict[str, Translator], name: str, fresh: Translator, weights_sha256: str) -> bool:
    """Keeps a model that was loaded anew, if it still is the one that is meant."""
    if fresh.weights_sha256 != weights_sha256:
        return False
    models[name] = fresh
    return True


def hands_for(shelf: Shelf, load: Load, limits: Limits, processes: int | None) -> tuple[Hand, ...]:
    """So many processes, one per core if it is not said; this one itself for 0, and where models cannot be shared."""
    if processes == 0 or not hasattr(os, "fork") or threading.active_count() > 1 or not _are_on_cpu(shelf):
        return (Here(),)
    count = num_cores() if processes is None else processes
    # Whoever looks for garbage writes into all objects. These are none, and their pages are to stay shared: 43 MB each.
    gc.collect()
    gc.freeze()
    hands: list[There] = []
    for _ in range(count):
        hands.append(There(shelf, load, limits, before=hands))
    return tuple(hands)


def _are_on_cpu(shelf: Shelf) -> bool:
    return all(next(each.translator.model.parameters()).device.type == "cpu" for each in shelf.models)


def _translations(
    translate_lines: Callable[..., Iterable[Translation]], lines: Sequence[str], search: Search, unwanted: Unwanted
) -> list[Translation]:
    beam_size, num_hypotheses = search.beam_size, search.num_hypotheses
    return list(translate_lines(lines, beam_size=beam_size, num_hypotheses=num_hypotheses, cancel=unwanted))
