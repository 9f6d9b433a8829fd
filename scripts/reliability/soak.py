"""Memory under steady load: does it grow, and would it be seen if it did?

Time counts while the server works: whoever stops all of this for a while, as one does who measures something else, does
not disturb it.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from leaking_server import KEPT_BYTES
from loads import closed_loop
from server_process import UnderTest, running

MEGABYTE: Final = 1 << 20
LEAKING: Final = (sys.executable, str(Path(__file__).with_name("leaking_server.py")))
_SLICE_SECONDS: Final = 5.0
_CLIENTS: Final = 4
_WARM_ANSWERS: Final = 5_000
"""After so many nothing was seen to be touched for the first time, with nothing else running."""

Samples = list[tuple[float, float]]


def soak(model: Path, seconds: float) -> dict[str, Any]:
    """Memory of the server, and of one that leaks, for a sixth of the time."""
    found = of_the_server(model, seconds)
    print(found, flush=True)  # half an hour is not to be lost with what follows
    leaking = of_the_control(model, max(60.0, seconds / 6))
    holds = found["megabytes_per_ten_minutes"] < 1 <= leaking["control_per_ten_minutes"]
    return {"seconds": seconds, **found, **leaking, "holds": holds}


def of_the_server(model: Path, seconds: float) -> dict[str, Any]:
    """Its memory, and its slope."""
    with running(model) as server:
        samples, answers = _watched(server, seconds)
    return {
        "answers": answers,
        "megabytes_at_first": round(samples[0][1] / MEGABYTE, 1),
        "megabytes": round(samples[-1][1] / MEGABYTE, 1),
        "megabytes_per_ten_minutes": round(per_ten_minutes(samples), 3),
    }


def of_the_control(model: Path, seconds: float) -> dict[str, Any]:
    """What a server loses that keeps a little of each request, and what is seen of that."""
    with running(model, program=LEAKING) as server:
        samples, answers = _watched(server, seconds)
    worked = samples[-1][0]
    return {
        "control_seconds": round(worked),
        "control_keeps_bytes": KEPT_BYTES,
        "control_leaks": round(KEPT_BYTES * answers / worked * 600 / MEGABYTE, 1),
        "control_per_ten_minutes": round(per_ten_minutes(samples), 3),
    }


def _watched(server: UnderTest, seconds: float) -> tuple[Samples, int]:
    """Time and memory after each slice of load, and how much was answered; before that, what there is fills."""
    warm, began = 0, time.perf_counter()
    while warm < _WARM_ANSWERS and time.perf_counter() - began < seconds / 3:
        warm += len(asyncio.run(closed_loop(server, 2 * _CLIENTS, min(_SLICE_SECONDS, seconds / 3))))
    worked, samples, answers = 0.0, Samples(), 0
    while worked < seconds:
        began = time.perf_counter()
        answers += len(asyncio.run(closed_loop(server, _CLIENTS, _SLICE_SECONDS)))
        worked += min(time.perf_counter() - began, _SLICE_SECONDS + 1)
        samples.append((worked, float(server.memory_bytes())))
    return samples, answers


def per_ten_minutes(samples: Sequence[tuple[float, float]]) -> float:
    """Theil and Sen's slope, the median over all pairs, which single jumps do not move: megabytes per ten minutes."""
    thinned = samples[:: max(1, len(samples) // 300)]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for n, a in enumerate(thinned) for b in thinned[n + 1 :]]
    return median(slopes) * 600 / MEGABYTE if slopes else 0.0
