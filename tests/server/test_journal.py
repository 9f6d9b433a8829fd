"""The log: a line of JSON for whatever happens, and never a reason to stop."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from regard.server.journal import Journal, take_in_libraries

NO_UTF_8 = os.fsdecode(b"mod\xe8le")


def test_a_line_says_what_happened_and_when(log: Any) -> None:
    Journal(log).write("request", route="/translate", milliseconds=1.5)
    (event,) = log.events()
    assert event.pop("time").endswith("+00:00")
    assert event == {"event": "request", "route": "/translate", "milliseconds": 1.5}


def test_any_text_can_be_written_wherever_it_goes(log: Any) -> None:
    journal = Journal(log)
    for problem in (NO_UTF_8, "modèle"):
        journal.write("reload failed", problem=problem)
    assert [event["problem"] for event in log.events()] == [NO_UTF_8, "modèle"]
    assert log.getvalue().isascii()


def test_when_nobody_reads_any_more_nothing_happens(log: Any) -> None:
    journal = Journal(log)
    log.close()
    journal.write("request")
    Journal(None).write("request")


@pytest.fixture
def taken_in(log: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A log that everybody in this process writes to; afterwards all is as it was."""
    root, multipart = logging.getLogger(), logging.getLogger("python_multipart")
    before, level = list(root.handlers), multipart.level
    take_in_libraries(Journal(log))
    yield log
    logging.captureWarnings(False)
    root.handlers = before
    multipart.setLevel(level)


def test_of_what_libraries_say_it_holds_who_and_where(taken_in: Any) -> None:
    logging.getLogger("a.library").warning("what somebody wrote")
    try:
        raise KeyError("what somebody wrote")
    except KeyError:
        logging.getLogger("asyncio").exception("what somebody wrote")
    logging.getLogger("python_multipart.multipart").warning("what somebody wrote")
    logging.getLogger("a.library").info("what somebody wrote")
    said, failed = taken_in.events()
    assert (said["event"], said["logger"], said["level"]) == ("logged", "a.library", "WARNING")
    assert said["where"].startswith("test_journal.py:")
    assert (failed["logger"], failed["kind"]) == ("asyncio", "KeyError")
    assert "somebody" not in taken_in.getvalue()


def test_of_what_we_say_ourselves_it_holds_the_words(taken_in: Any) -> None:
    logging.getLogger("regard.explain").warning("this is an ordinary search")
    assert taken_in.events()[0]["problem"] == "this is an ordinary search"
