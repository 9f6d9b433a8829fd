"""Shards translated by Ray (Moritz et al. 2018): one process per worker, each with the model, on one machine or many.

Ray's actors are all that is used of it. A worker that dies is started again, and its shard is begun anew.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from regard.bulk.job import Job
from regard.errors import MachineError, MissingExtraError, RegardError

_RESTARTS: Final = 3


class _Worker:
    """What runs in a process of its own."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.translate = job.translation()

    def do(self, shard: Path) -> int | RegardError:
        """Translates a shard; an error of ours is an answer, since it would only repeat itself."""
        try:
            return self.job.do(self.translate, shard)
        except RegardError as error:
            return error


def translated_by_ray(job: Job, shards: list[Path], *, workers: int) -> Iterator[tuple[Path, int]]:
    """Every shard and how many texts it had, in the order in which they get finished.

    ``RAY_ADDRESS`` names a cluster; without it, Ray is started here and ended again.

    Raises:
        MissingExtraError: Ray is not installed.
        MachineError: a worker died again and again.
    """
    ray = _ray()
    is_here = "RAY_ADDRESS" not in os.environ
    threads = job.threads or 1
    if is_here:
        ray.init(num_cpus=workers * threads, include_dashboard=False, log_to_driver=False, logging_level="warning")
    try:
        yield from _distributed(ray, job, shards, workers, threads)
    finally:
        if is_here:
            ray.shutdown()


def _distributed(ray: Any, job: Job, shards: list[Path], workers: int, threads: int) -> Iterator[tuple[Path, int]]:
    kind = ray.remote(num_cpus=threads, max_restarts=_RESTARTS, max_task_retries=_RESTARTS)(_Worker)
    idle = [kind.remote(job) for _ in range(min(workers, len(shards)))]
    waiting = list(reversed(shards))
    busy: dict[Any, tuple[Any, Path]] = {}
    while waiting or busy:
        while waiting and idle:
            worker, shard = idle.pop(), waiting.pop()
            busy[worker.do.remote(shard)] = worker, shard
        (done, *_), _rest = ray.wait(list(busy))
        worker, shard = busy.pop(done)
        yield shard, _answer(ray, done, shard)
        idle.append(worker)


def _answer(ray: Any, done: Any, shard: Path) -> int:
    try:
        answer = ray.get(done)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1:]
        raise MachineError(
            f"the worker that translated {shard} failed again and again ({' '.join(reason):.200}); finished shards "
            "stay, and the same command goes on with the others"
        ) from error
    if isinstance(answer, RegardError):
        raise answer
    return int(answer)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        import ray
    except ImportError:
        raise MissingExtraError(
            "--engine ray needs Ray, which is not installed: pip install 'regard[scale]', or leave --engine at local"
        ) from None
    return ray
