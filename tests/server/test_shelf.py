"""The shelf: what is taken in when a folder changes, what is not, and how models are called."""

import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import regard
from regard.bundle.manifest import MANIFEST
from regard.errors import BundleError, MissingExtraError
from regard.server.journal import Journal
from regard.server.metrics import Metrics
from regard.server.shelf import Shelf, named, watch
from regard.translator import Translator


def model(*languages: str) -> Any:
    """Stands in for a translator."""
    made, (source, target) = object.__new__(Translator), languages
    made.settings = SimpleNamespace(data=SimpleNamespace(source_language=source, target_language=target))  # type: ignore
    return made


class Loads:
    """Stands in for loading: each time what comes next, the last of it again and again; errors are raised."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)

    def __call__(self, _: Path) -> Any:
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def change(tmp_path: Path) -> Callable[[], None]:
    """Writes the model's folder anew."""
    manifest = tmp_path / MANIFEST

    def written() -> None:
        manifest.write_text(manifest.read_text() + "x" if manifest.exists() else "x")

    written()
    return written


class Clock:
    """Stands in for the clock: it goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


OF_THE_FOLDER = [
    (BundleError("weights are missing"), "BundleError", "weights are missing"),
    (model("en", "de"), "BundleError", "it translates other languages now"),
]
OF_THE_MOMENT = [
    (MemoryError(), "MemoryError", ""),
    (RuntimeError("CUDA out of memory"), "RuntimeError", "CUDA out of memory"),
    (OSError("Too many open files"), "OSError", "Too many open files"),
    (MissingExtraError("a package is missing"), "MissingExtraError", "a package is missing"),
]


@pytest.mark.parametrize(("outcome", "kind", "problem"), OF_THE_FOLDER + OF_THE_MOMENT)
def test_what_cannot_be_taken_in_leaves_the_model_and_is_logged(
    tmp_path: Path, change: Callable[[], None], log: Any, outcome: Any, kind: str, problem: str
) -> None:
    before, after = model("en", "fr"), model("en", "fr")
    shelf = Shelf([tmp_path], Loads(before, outcome, after), Metrics(), Journal(log), clock=Clock())
    change()
    shelf.refresh()
    shelf.refresh()  # it is not tried again before something changes, or time passes
    assert shelf.models[0].translator is before
    change()
    shelf.refresh()
    assert shelf.models[0].translator is after
    failed, done = log.events()
    assert (failed["event"], failed["kind"], failed["problem"]) == ("reload failed", kind, problem)
    assert done["event"] == "reloaded"


@pytest.mark.parametrize("outcome", [outcome for outcome, *_ in OF_THE_FOLDER])
def test_a_folder_that_is_no_model_is_not_tried_again_before_it_changes(
    tmp_path: Path, change: Callable[[], None], outcome: Any
) -> None:
    before, clock = model("en", "fr"), Clock()
    shelf = Shelf([tmp_path], Loads(before, outcome, model("en", "fr")), Metrics(), Journal(None), clock=clock)
    change()
    for _ in range(10):
        shelf.refresh()
        clock.seconds += 3600
    assert shelf.models[0].translator is before


@pytest.mark.parametrize("outcome", [outcome for outcome, *_ in OF_THE_MOMENT])
def test_what_failed_for_want_of_something_else_is_tried_again(
    tmp_path: Path, change: Callable[[], None], log: Any, outcome: Any
) -> None:
    fresh, clock, tries = model("en", "fr"), Clock(), []
    loads = Loads(model("en", "fr"), *9 * [outcome], fresh, fresh)
    shelf = Shelf([tmp_path], loads, Metrics(), Journal(log), clock=clock)
    change()
    while shelf.models[0].translator is not fresh and clock.seconds < 600:
        left = len(loads.outcomes)
        shelf.refresh()
        if len(loads.outcomes) < left:
            tries.append(clock.seconds)
        clock.seconds += 1
    assert [later - earlier for earlier, later in itertools.pairwise(tries)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert shelf.models[0].translator is fresh
    assert [event["event"] for event in log.events()] == 9 * ["reload failed"] + ["reloaded"]


def test_a_folder_that_has_changed_again_is_tried_at_once(tmp_path: Path, change: Callable[[], None]) -> None:
    clock = Clock()
    loads = Loads(model("en", "fr"), *8 * [MemoryError()], model("en", "fr"))
    shelf = Shelf([tmp_path], loads, Metrics(), Journal(None), clock=clock)
    for left in range(8, 2, -1):
        change()
        shelf.refresh()
        assert len(loads.outcomes) == left
    clock.seconds += 1  # and the pauses begin anew
    shelf.refresh()
    assert len(loads.outcomes) == 2


def test_who_watches_goes_on_whatever_happens(tmp_path: Path, change: Callable[[], None]) -> None:
    fresh, stop = model("en", "fr"), threading.Event()
    shelf = Shelf([tmp_path], Loads(model("en", "fr"), MemoryError(), fresh), Metrics(), Journal(None))
    thread = watch(shelf, stop, every_seconds=0.01)
    for _ in range(500):
        change()
        time.sleep(0.02)
        if shelf.models[0].translator is fresh:
            break
    assert thread.is_alive()
    assert shelf.models[0].translator is fresh
    stop.set()
    thread.join(10)


def test_models_are_called_after_what_tells_them_apart() -> None:
    folders = [Path("/a/numbers"), Path("/b/run/model"), Path("/c/run/model"), Path("/d/numbers")]
    assert [name for _, name in named(folders)] == ["numbers", "run", "run-2", "numbers-2"]


def test_a_trace_of_a_model_whose_name_is_no_utf_8_can_be_sent(tiny_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"mod\xe8le")
    shutil.copytree(tiny_run / "model", folder)
    served = Shelf([folder], regard.load, Metrics(), Journal(None)).models[0]
    header = json.loads(served.translator.explain("one", beam_size=1).header.model_dump_json())
    assert header["model"]["name"] == served.name == "mod\N{REPLACEMENT CHARACTER}le"


def test_a_name_that_is_no_utf_8_can_be_said() -> None:
    folders = [Path(os.fsdecode(name)) for name in (b"/a/mod\xe8le", b"/b/mod\xe9le/model", b"/c/mod\xc3\xa8le")]
    names = [name for _, name in named(folders)]
    assert names == ["mod\N{REPLACEMENT CHARACTER}le", "mod\N{REPLACEMENT CHARACTER}le-2", "modèle"]
    metrics = Metrics()
    for name in names:
        json.dumps(name, ensure_ascii=False).encode()
        metrics.sentences.labels(name).inc()
    assert metrics.text().count("mod\N{REPLACEMENT CHARACTER}le".encode()) >= 2
