"""The processes of one training find each other, and part again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import torch

from regard.errors import MachineError
from regard.launch import Launch
from regard.runs.machine import choose_device
from regard.settings import TrainingSettings
from regard.training import Alone, Processes

# The others wait while the first validates, writes, or prepares a large corpus. One that has died is noticed at once:
# its connections break, and its launcher ends the rest.
_PATIENCE: Final = timedelta(hours=12)


@contextmanager
def gathered(settings: TrainingSettings) -> Iterator[Processes]:
    """The processes that train together within the block; alone, where no launcher started several.

    Raises:
        MachineError: they cannot reach each other.
    """
    if Launch.of().size == 1:
        yield Alone()
        return
    import torch.distributed as distributed

    from regard.training.together import Replicas, Shards

    device = choose_device(settings.device)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    try:
        store, rank, size = next(distributed.rendezvous("env://", timeout=_PATIENCE))  # type: ignore[attr-defined]
        # A launcher may keep its store over restarts: without a name of its own, a process that starts anew reads
        # where the one that was killed had listened, if it is quicker than its successor.
        number = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        attempt = distributed.PrefixStore(f"attempt {number}", store)  # type: ignore[attr-defined]
        distributed.init_process_group(backend, store=attempt, rank=rank, world_size=size, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise MachineError(f"the processes of this training cannot reach each other at {where}: {error}") from error
    try:
        yield Shards() if settings.distribution == "shards" else Replicas()
    finally:
        distributed.destroy_process_group()
