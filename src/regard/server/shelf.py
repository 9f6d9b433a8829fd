"""The models that are served, and how a folder that changes is taken in while requests are answered.

The shelf is a tuple that is replaced whole. A request keeps the model it began with, so every answer comes from exactly
one model, also in the moment in which another one takes its place.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from regard.bundle.load import MODEL, name_of
from regard.bundle.manifest import MANIFEST
from regard.errors import BundleError, InputError
from regard.server.journal import Journal
from regard.server.metrics import Metrics
from regard.translator import Translator

Signature = tuple[int, int, int]

_FIRST_PAUSE_SECONDS: Final = 1.0
_MOST_PAUSE_SECONDS: Final = 60.0
"""Loading may take a while and a core; also, the log gets a line for each time."""


@final
@dataclass(frozen=True, eq=False)
class Served:
    """A model on the shelf.

    Attributes:
        name: what it is called, after its folder.
        folder: where it was loaded from.
        translator: the model itself.
        signature: of its manifest when it was loaded.
        number: a later one is that of a model that was loaded later.
    """

    name: str
    folder: Path
    translator: Translator
    signature: Signature
    number: int = 0

    @property
    def languages(self) -> tuple[str, str]:
        """From which language to which."""
        return self.translator.languages


@final
@dataclass(frozen=True)
class _Failure:
    """Something could not be loaded, and for how long it is left alone; a change on disk ends that sooner."""

    signature: Signature
    pause_seconds: float
    until: float


@final
class Shelf:
    """The served models.

    Args:
        folders: where they are.
        load: loads one.
        metrics: count what is loaded again.
        journal: says so, and why something could not be.
        clock: in seconds; a test has one of its own.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        load: Callable[[Path], Translator],
        metrics: Metrics,
        journal: Journal,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load, self._metrics, self._journal, self._clock = load, metrics, journal, clock
        self._failed: dict[Path, _Failure] = {}
        self._numbers = itertools.count(1)
        self._models = tuple(self._opened(folder, name) for folder, name in named(folders))

    @property
    def models(self) -> tuple[Served, ...]:
        """All of them, in the order in which they were named."""
        return self._models

    def find(self, source: str | None, target: str | None, name: str | None = None) -> Served | None:
        """The first model that fits; None stands for any."""
        return next((each for each in self._models if _fits(each, source, target, name)), None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Languages that can be translated from."""
        return tuple(dict.fromkeys(each.languages[0] for each in self._models))

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages: those that can be translated from, then those that can only be translated to."""
        return tuple(dict.fromkeys([*self.sources, *(each.languages[1] for each in self._models)]))

    def targets(self, source: str) -> tuple[str, ...]:
        """Languages that ``source`` can be translated to."""
        return tuple(dict.fromkeys(each.languages[1] for each in self._models if each.languages[0] == source))

    def refresh(self) -> None:
        """Loads again what has changed on disk; what cannot be loaded leaves the model as it was."""
        for place, model in enumerate(self._models):
            now = signature_of(model.folder)
            if now is None or now == model.signature or self._is_left_alone(model.folder, now):
                continue
            fresh = self._fresh(model, now)
            if fresh is not None:
                self._models = (*self._models[:place], fresh, *self._models[place + 1 :])

    def _is_left_alone(self, folder: Path, signature: Signature) -> bool:
        failure = self._failed.get(folder)
        return failure is not None and failure.signature == signature and self._clock() < failure.until

    def _fresh(self, model: Served, signature: Signature) -> Served | None:
        try:
            fresh = self._opened(model.folder, model.name)
            if fresh.languages != model.languages:
                raise BundleError("it translates other languages now")
        except Exception as error:  # memory may run out, too: the old model stays, and whoever watches goes on
            pause_seconds = _pause_seconds(error, signature, self._failed.get(model.folder))
            self._failed[model.folder] = _Failure(signature, pause_seconds, self._clock() + pause_seconds)
            self._metrics.reloads.labels(model.name, "failed").inc()
            kind = type(error).__name__
            self._journal.write("reload failed", model=model.name, kind=kind, problem=str(error))
            return None
        self._metrics.reloads.labels(model.name, "done").inc()
        self._journal.write("reloaded", model=model.name)
        return fresh

    def _opened(self, folder: Path, name: str) -> Served:
        signature = signature_of(folder) or (0, 0, 0)  # before loading: a change meanwhile is seen the next time
        return Served(name, folder, self._load(folder), signature, next(self._numbers))


def _pause_seconds(error: Exception, signature: Signature, before: _Failure | None) -> float:
    """For ever if the folder itself is at fault; what else was missing, such as memory, may be there in a while."""
    if isinstance(error, InputError):
        return math.inf
    if before is None or before.signature != signature:
        return _FIRST_PAUSE_SECONDS
    return min(2 * before.pause_seconds, _MOST_PAUSE_SECONDS)


def signature_of(folder: Path) -> Signature | None:
    """What changes when a model is written anew, in the folder itself or in that of a run; None while there is none."""
    for manifest in (folder / MANIFEST, folder / MODEL / MANIFEST):
        with suppress(OSError):
            stat = manifest.stat()
            return stat.st_mtime_ns, stat.st_ino, stat.st_size
    return None


def watch(shelf: Shelf, stop: threading.Event, *, every_seconds: float = 1.0) -> threading.Thread:
    """A thread that refreshes the shelf until ``stop`` is set."""

    def look() -> None:
        while not stop.wait(every_seconds):
            shelf.refresh()

    thread = threading.Thread(target=look, name="regard-shelf", daemon=True)
    thread.start()
    return thread


def _fits(model: Served, source: str | None, target: str | None, name: str | None) -> bool:
    pairs = ((source, model.languages[0]), (target, model.languages[1]), (name, model.name))
    return all(asked is None or asked == found for asked, found in pairs)


def named(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    """Folders with a name of its own for each.

    A run keeps its model in a folder called ``model``, which says nothing, so that is named after the run. Of equal
    names the second one becomes ``name-2``.
    """
    taken: dict[Path, str] = {}
    for folder in folders:
        whole = folder.resolve()
        name = stem = name_of(whole.parent if whole.name == MODEL and whole.parent.name else whole)
        number = 1
        while name in taken.values():
            number += 1
            name = f"{stem}-{number}"
        taken[folder] = name
    return list(taken.items())
