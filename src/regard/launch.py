"""Which process this is, of those that a launcher such as ``torchrun`` started, and which launcher; its cores."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

_NEEDED: Final = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_UNNAMED: Final = "none"  # what torchrun calls a run that nobody named


@final
@dataclass(frozen=True, slots=True)
class Launch:
    """One process of ``size``, counted from 0 by ``rank``; on its machine, one of ``local_size`` by ``local_rank``.

    ``restarts`` counts how often the launcher had to start all of them again.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    restarts: int = 0

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Launch":
        """What the environment says; one process alone where it is not a launcher's."""
        if any(not environment.get(name) for name in _NEEDED):
            return cls()
        return cls(
            rank=int(environment["RANK"]),
            size=int(environment["WORLD_SIZE"]),
            local_rank=int(environment["LOCAL_RANK"]),
            local_size=int(environment.get("LOCAL_WORLD_SIZE", 1)),
            restarts=int(environment.get("TORCHELASTIC_RESTART_COUNT", 0)),
        )

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0


def launcher(environment: Mapping[str, str] = os.environ) -> str:
    """Names the launcher that started this process: the same when it starts all of them again, and no other's.

    What it calls its run is not enough, because many call every run "none", or their next run like the last one. Of
    several machines each has a launcher, and any of them may have the first process when all start again: what the run
    is called is then all they share, if it has a name at all. Empty where there is no launcher.
    """
    run = environment.get("TORCHELASTIC_RUN_ID")
    launch = Launch.of(environment)
    if not run or (run != _UNNAMED and launch.local_size < launch.size):
        return run or ""
    return f"{run} {platform.node()} {os.getppid()} {_began(os.getppid())}"


def _began(process: int) -> str:
    """When a process began, in ticks of the system's clock; in a container each launcher may have the same number."""
    try:
        told = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:  # not Linux
        return ""
    return told.rpartition(b")")[2].split()[19].decode()  # proc(5): field 22, and the name before it may have spaces


def num_cores() -> int:
    """The processor cores that this process may use; on systems that do not say it (macOS), all there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
