"""The program that a ``CuttingWorker`` starts: requests on standard input, answers on standard output."""

import signal
import sys
from contextlib import suppress

from regard.text.cutting import work

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which may still want an answer
    with suppress(BrokenPipeError):  # whoever asked has gone
        work(sys.stdin.buffer, sys.stdout.buffer)
