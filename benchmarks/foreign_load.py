"""How much of the processors do other programs take meanwhile? A figure measured beside them says little."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
_STAT = Path("/proc/stat")
_NAMES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def _busy_seconds() -> float:
    """Processor time of the whole machine so far; 0 where the system does not say."""
    if not _STAT.exists():
        return 0.0
    ticks = dict(zip(_NAMES, map(int, _STAT.read_text().split("\n", 1)[0].split()[1:]), strict=False))
    return sum(ticks[name] for name in _NAMES if name not in {"idle", "iowait"}) / os.sysconf("SC_CLK_TCK")


def watched(measure: Callable[[], Result]) -> tuple[Result, float]:
    """What it returns, and how many processors other programs took meanwhile, on average."""
    busy, own, begin = _busy_seconds(), time.process_time(), time.perf_counter()
    result = measure()
    others = (_busy_seconds() - busy) - (time.process_time() - own)
    return result, max(0.0, others) / (time.perf_counter() - begin)


def in_quiet(measure: Callable[[], Result], *, most: float, patience_seconds: float) -> Result | None:
    """Measures again until other programs take no more than ``most`` processors; None when patience is used up."""
    until = time.monotonic() + patience_seconds
    while True:
        result, others = watched(measure)
        if others <= most:
            return result
        if time.monotonic() > until:
            return None
        time.sleep(1)
