"""The log: a line of JSON for whatever happens, and never a reason to stop."""

import os
from typing import Any

from regard.server.journal import Journal

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
