"""The life of a process that was forked to translate: it answers what comes through its pipe until that is closed."""

import gc
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any


def answer_until_closed(pipe: Connection, answer: Callable[[Any], object], *, inherited: Iterable[Connection]) -> None:
    """Answers with one thread, in the child.

    Args:
        pipe: its own end. Who forked it asks through the other, and ends it by closing that.
        answer: computes what is sent back.
        inherited: ends that belong to who forked it. A pipe is closed when its last end is, so they are closed here.
    """
    import torch

    # Ctrl-C and a closed terminal reach the whole group; who forked this lets its work end and closes the pipe. Who is
    # told to end, ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    torch.set_num_threads(1)
    gc.freeze()  # what was loaded before is no garbage, and to look through it again and again takes time
    gc.disable()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(answer(pipe.recv()))
            # Between batches instead of within. It is 40 microseconds of work, since all that was there before the
            # fork is frozen, and it empties the interpreter's lists of freed tuples: they grow for an hour to 5 MB.
            gc.collect()
