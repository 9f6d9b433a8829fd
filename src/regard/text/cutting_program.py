"""The program that a ``CuttingWorker`` starts: requests on standard input, answers on standard output."""

import signal
from contextlib import suppress

from regard.text.cutting import work

if __name__ == "__main__":
    # What stops a whole group of processes is for the parent, which may still want an answer. When it ends, so does
    # this program, because nothing more comes to read.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Opened anew: with PYTHONUNBUFFERED, sys.stdout.buffer takes a part of an answer, and no more, when the program is
    # stopped (Ctrl-Z) while it waits for its reader; the parent would wait for the rest for ever.
    with suppress(BrokenPipeError), open(0, "rb", closefd=False) as requests, open(1, "wb", closefd=False) as answers:
        work(requests, answers)  # whoever asked may have gone; closing the answers may be what finds out
