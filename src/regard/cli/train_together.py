"""``regard train --processes N``: torchrun for one machine, called from here, with exit codes that say how it ended."""

import os
from collections.abc import Sequence

import typer

from regard.cli.exits import SIGNALLED
from regard.errors import InputError
from regard.launch import Launch


def train_together(processes: int, arguments: Sequence[str]) -> None:
    """Starts so many processes of ``regard train`` with these arguments, and ends as the first of them that fails.

    A signal is passed on to all. For several machines, or to start all again when one dies, there is ``torchrun``.

    Raises:
        InputError: this is already one of several processes.
        typer.Exit: they did not end well; 143 after SIGTERM, when they have saved their state.
    """
    if Launch.of().size > 1:
        raise InputError("a launcher started this process as one of several already; leave out --processes")
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import parse_args, run

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # else torchrun warns; each process chooses its own number anyway
    options = ["--standalone", f"--nproc-per-node={processes}", "-m", "regard", "train"]
    try:
        run(parse_args([*options, *arguments]))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
        raise typer.Exit(code if code > 0 else SIGNALLED - code) from None
    except SignalException as error:
        raise typer.Exit(SIGNALLED + int(error.sigval)) from None
