"""The log: one JSON object per line on standard error. No text of a user is ever in it, nor an address."""

import datetime
import json
import logging
import sys
from typing import Any, Final, TextIO, final

from regard.server.fault import fault_of

_OF_CLIENTS: Final = "python_multipart"
"""It warns of what a client sends, a line for every part of a form, with the words that were sent."""
_OURS: Final = "regard."


@final
class Journal:
    """Writes lines; without a stream it keeps quiet."""

    def __init__(self, stream: TextIO | None = sys.stderr) -> None:
        self._stream = stream

    def write(self, event: str, **facts: Any) -> None:
        """One line: what happened, when, and plain facts about it."""
        if self._stream is None:
            return
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        # In ASCII, since a name or a path may hold what is no UTF-8, and a stream may take less than that.
        line = json.dumps({"time": now, "event": event, **facts}, separators=(",", ":"))
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None  # nobody reads any more; the server goes on


@final
class _Libraries(logging.Handler):
    """What is told to Python's own log becomes lines of the journal.

    Of what libraries tell they hold who it is, and where: the words may be what was sent. Those of our own never are.
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        facts = {"logger": record.name, "level": record.levelname, "where": f"{record.filename}:{record.lineno}"}
        if record.exc_info is not None and record.exc_info[1] is not None:
            facts |= fault_of(record.exc_info[1])
        if record.name.startswith(_OURS):
            facts["problem"] = record.getMessage()
        self._journal.write("logged", **facts)


def take_in_libraries(journal: Journal) -> None:
    """Lets nobody in this process write to standard error past the journal: neither a library's log, nor warnings."""
    logging.getLogger(_OF_CLIENTS).setLevel(logging.CRITICAL)
    logging.getLogger().addHandler(_Libraries(journal))
    logging.captureWarnings(True)
