"""Ctrl-C, SIGTERM, a closed terminal: noted, so that training can save its state, then raised as usual."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, final

from regard.launch import Launch
from regard.training import Reporter

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPING_SOON: Final = "stopping after this update and saving; once more to stop at once (nothing is saved then)"


@final
class StopRequest:
    """Whether somebody asked the run to stop, and how."""

    def __init__(self, reporter: Reporter) -> None:
        self.signal_number: int | None = None
        self._reporter = reporter
        self._is_told = False

    def __call__(self) -> bool:
        """Whether to stop."""
        if self.signal_number is not None and not self._is_told:
            self._tell()
        return self.signal_number is not None

    def note(self, number: int, frame: FrameType | None) -> None:
        """The signal handler: the first signal is noted, a second one acts at once.

        Not under a launcher of several processes, which passes on the Ctrl-C that each of them got already.
        """
        if self.signal_number is not None:
            if Launch.of().size > 1:
                return
            raise KeyboardInterrupt
        self.signal_number = number
        with suppress(RuntimeError):  # it came in the middle of a line that is being written: told after it
            self._tell()

    def _tell(self) -> None:
        self._reporter.note(_STOPPING_SOON)
        self._is_told = True


@contextmanager
def stop_requests(reporter: Reporter) -> Iterator[StopRequest]:
    """Within the block, signals are noted. After it, a noted signal acts as it would have acted at first."""
    request = StopRequest(reporter)
    if threading.current_thread() is not threading.main_thread():
        yield request  # only the main thread may handle signals
        return
    heeded = [number for number in _STOPPING if signal.getsignal(number) != signal.SIG_IGN]  # nohup: stay deaf
    before = {number: signal.signal(number, request.note) for number in heeded}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if request.signal_number is not None:
        signal.raise_signal(request.signal_number)
