"""The program that a ``CuttingWorker`` starts: requests on standard input, answers on standard output."""

import signal
import sys
from contextlib import suppress

from regard.text.cutting import work

if __name__ == "__main__":
    # What stops a whole group of processes is for the parent, which may still want an answer. When it ends, so does
    # this program, because nothing more comes to read.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(BrokenPipeError):  # whoever asked has gone
        work(sys.stdin.buffer, sys.stdout.buffer)
