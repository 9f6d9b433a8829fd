"""The log: one JSON object per line on standard error. No text of a user is ever in it, nor an address."""

import datetime
import json
import sys
from typing import Any, TextIO, final


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
