"""What the loops of all systems share: arguments, batches by length, the clock, and what is counted.

Each loop runs in its system's own environment, so this file needs torch and numpy alone. A worker trains for some
seconds to warm up, then for some seconds that count, and prints one JSON object as its last line.
"""

import argparse
import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

PAD, BOS, EOS = 0, 2, 3
SMOOTHING, CLIP_NORM, LEARNING_RATE = 0.1, 1.0, 3e-4
CELLS_PER_UPDATE = 4096


@dataclass(frozen=True)
class Shape:
    """A Transformer; encoder and decoder have ``layers`` each. Dropout is on embeddings and on blocks' outputs."""

    model_dim: int
    num_heads: int
    feedforward_dim: int
    layers: int
    dropout: float


SHAPES = {"small": Shape(256, 4, 1024, 3, 0.3), "tiny": Shape(128, 4, 512, 3, 0.1)}


@dataclass(frozen=True)
class Task:
    """What a worker is asked for."""

    shape: Shape
    bf16: bool
    folder: Path
    seed: int
    without: str | None
    warm_seconds: float
    seconds: float

    @property
    def pairs(self) -> "Pairs":
        """The sentence pairs, as ids."""
        return Pairs(self.folder / "pairs.npz")


@dataclass(frozen=True)
class Seen:
    """One update: real tokens of both sides (EOS of each included), cells of both rectangles, nats per token."""

    tokens: int
    cells: int
    loss: float


class Pairs:
    """Ids of both sides without control tokens, as ``pairs.npz`` has them."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as held:
            self.source = np.split(held["source_ids"], held["source_ends"])[:-1]
            self.target = np.split(held["target_ids"], held["target_ends"])[:-1]
            self.vocab_size = int(held["vocab_size"])

    def batches(self, seed: int) -> Iterator[tuple[list[list[int]], list[list[int]]]]:
        """Batches of pairs of similar length, in random order, without end: sources and targets."""
        rng = np.random.default_rng(seed)
        while True:
            groups = self._groups(rng)
            for number in rng.permutation(len(groups)):
                group = groups[number]
                yield [self.source[i].tolist() for i in group], [self.target[i].tolist() for i in group]

    def _groups(self, rng: np.random.Generator) -> list[list[int]]:
        """Sorted by length, cut where padding and tokens together would exceed the budget."""
        lengths = np.array([list(map(len, self.target)), list(map(len, self.source))]).T + 1
        ties = rng.permutation(len(lengths))
        order = ties[np.lexsort((lengths[ties, 1], lengths[ties, 0]))]
        groups: list[list[int]] = [[]]
        widest = np.zeros(2, dtype=np.int64)
        for index in order.tolist():
            wider = np.maximum(widest, lengths[index])
            if groups[-1] and (len(groups[-1]) + 1) * int(wider.sum()) > CELLS_PER_UPDATE:
                groups.append([])
                wider = lengths[index]
            groups[-1].append(index)
            widest = wider
        return groups


def rectangle(rows: list[list[int]], padding: int = PAD) -> Tensor:
    """Rows of one width."""
    width = max(map(len, rows))
    return torch.tensor([row + [padding] * (width - len(row)) for row in rows])


def asked() -> Task:
    """What the command line asks for; sets threads and the precision of float32 products."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--model", choices=SHAPES, required=True)
    parser.add_argument("--bf16", action="store_true", help="bf16 autocast, and float32 products through oneDNN")
    parser.add_argument("--without", help="of our own system: a lever to switch off")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-seconds", type=float, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    if given.bf16:
        torch.set_float32_matmul_precision("medium")
    return Task(SHAPES[given.model], given.bf16, given.folder, given.seed, given.without, given.warm_seconds,
                given.seconds)  # fmt: skip


def autocast(task: Task) -> torch.autocast:
    """The context of forward pass and loss."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=task.bf16)


def plain_update(model: nn.Module, loss_of: Callable[[], Tensor], optimizer: torch.optim.Optimizer) -> float:
    """Gradient, clipping, update: as a plain loop writes it."""
    model.train()
    optimizer.zero_grad()
    loss = loss_of()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
    optimizer.step()
    return loss.item()


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    """As a plain loop makes it: PyTorch's defaults."""
    return torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01)


def measure(task: Task, update: Callable[[], Seen], *, model: nn.Module, package: str) -> None:
    """Trains, and prints what came out."""
    warm = _train(update, task.warm_seconds)
    seen = _train(update, task.seconds)
    losses = [one.loss for one in warm["seen"] + seen["seen"]]
    if not all(map(math.isfinite, losses)):
        sys.exit("the loss is not finite")
    found: dict[str, Any] = {
        "tokens": sum(one.tokens for one in seen["seen"]),
        "cells": sum(one.cells for one in seen["seen"]),
        "updates": len(seen["seen"]),
        "seconds": seen["seconds"],
        "cpu_seconds": seen["cpu_seconds"],
        "others": round(max(0.0, seen["others"]), 3),
        "losses": [round(losses[0], 4), round(losses[-1], 4)],
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "threads": torch.get_num_threads(),
        "spin_count": os.environ.get("GOMP_SPINCOUNT"),
        "torch": torch.__version__,
        "version": version(package),
    }
    print(json.dumps(found), flush=True)


def _train(update: Callable[[], Seen], seconds: float) -> dict[str, Any]:
    begin, cpu, busy, seen = time.perf_counter(), time.process_time(), busy_seconds(), []
    while not seen or time.perf_counter() - begin < seconds:
        seen.append(update())
    took, own = time.perf_counter() - begin, time.process_time() - cpu
    return {"seen": seen, "seconds": took, "cpu_seconds": own, "others": (busy_seconds() - busy - own) / took}


def busy_seconds() -> float:
    """What all programs together have used of all cores since the machine started; 0 where nobody counts."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return 0.0
    user, nice, system, _, _, interrupts, soft, stolen = map(int, first.split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
