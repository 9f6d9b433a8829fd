"""What does a second process give in training, and what do the two tell each other?

The *small* model learns the same made-up sentences in every arrangement: one process with one thread, one with two, two
with one thread each (replicas, shards). A round takes each in turn; the figures are medians of rounds. The time of
summing gradients is taken inside the processes, waiting for the slower one included.

    python benchmarks/distributed_training.py     prints, and writes benchmarks/recorded/distributed_training.json
    python benchmarks/distributed_training.py --rounds 1 --add     one more round
"""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import torch

from regard.batches import BatchStream, EncodedPairs, Ragged
from regard.launch import num_cores
from regard.models import AnyModel, build_model
from regard.runs.machine import choose_dtype, keep_freed_memory
from regard.runs.setup import give_kernels
from regard.runs.together import gathered
from regard.settings import load_settings
from regard.training import Processes
from regard.training.optimizer import build_optimizer
from regard.training.update import apply_update

VOCABULARY: Final = 8_000
WARM_UPDATES: Final = 6
ARRANGEMENTS: Final = {
    "1 process, 1 thread": (1, 1, "replicas"),
    "1 process, 2 threads": (1, 2, "replicas"),
    "2 processes, 1 thread each, replicas": (2, 1, "replicas"),
    "2 processes, 1 thread each, shards": (2, 1, "shards"),
}


def sentences(count: int = 4_000) -> EncodedPairs:
    """Made-up pairs about as long as captions are."""
    rng = np.random.default_rng(0)
    lengths = rng.poisson(13, count) + 2
    sides = [Ragged.of([rng.integers(300, VOCABULARY, length) for length in lengths]) for _ in range(2)]
    return EncodedPairs(*sides)


def work(threads: int, updates: int, distribution: str) -> None:
    """One process: trains, and the first one prints what it measured."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    keep_freed_memory()
    chosen = [f"training.distribution={distribution}", "training.device=cpu"]
    settings = load_settings(None, chosen, preset="small")
    with gathered(settings.training) as processes:
        model = build_model(settings.model, VOCABULARY, seed=1)
        model.compute_dtype = choose_dtype("auto", torch.device("cpu"))
        give_kernels(model, settings, tell=lambda note: print(note, file=sys.stderr))
        network = processes.network(model)
        figures = measured(network, processes, settings.training, updates)
        if processes.is_first:
            print(json.dumps(figures))


def measured(network: AnyModel, processes: Processes, settings: Any, updates: int) -> dict[str, float]:
    """Tokens per second after warming up, and the share of time in which gradients were summed."""
    stream = BatchStream(sentences(), budget=settings.batch_tokens, seed=1, share=(processes.rank, processes.size))
    optimizer = build_optimizer(network, settings)
    summing, tokens, began, total = 0.0, 0, 0.0, processes.sum_gradients

    def timed(trained: AnyModel) -> None:
        nonlocal summing
        start = time.perf_counter()
        total(trained)
        summing += time.perf_counter() - start

    processes.sum_gradients = timed  # type: ignore[method-assign, assignment]
    for update in range(WARM_UPDATES + updates):
        if update == WARM_UPDATES:
            processes.wait()
            summing, tokens, began = 0.0, 0, time.perf_counter()
        tokens += apply_update(network, optimizer, [stream.take()], settings, processes=processes).num_tokens
    processes.wait()
    seconds = time.perf_counter() - began
    weights = sum(weight.numel() for weight in network.parameters())
    return {
        "tokens_per_second": tokens / seconds,
        "milliseconds_per_update": 1000 * seconds / updates,
        "milliseconds_summing": 1000 * summing / updates,
        "weights": weights,
        "tokens_per_update": tokens / updates,
    }


def run(size: int, threads: int, distribution: str, updates: int) -> dict[str, float]:
    """The processes of one arrangement."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, __file__, "--work", str(threads), distribution, "--updates", str(updates)]
    common = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    if size > 1:
        common |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}
        common |= {"LOCAL_WORLD_SIZE": str(size)}
    ranked = [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(size)]
    started = [subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True) for own in ranked]
    outputs = [process.communicate()[0] for process in started]
    found: dict[str, float] = json.loads(outputs[0].splitlines()[-1])
    return found


Round = dict[str, dict[str, float]]


def one_round(updates: int) -> Round:
    """Each arrangement in turn."""
    return {
        name: run(size, threads, distribution, updates) for name, (size, threads, distribution) in ARRANGEMENTS.items()
    }


def medians(rounds: list[Round]) -> Round:
    """Of each figure of each arrangement."""
    return {
        name: {key: round(median(one[name][key] for one in rounds), 2) for key in rounds[0][name]}
        for name in ARRANGEMENTS
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=25)
    parser.add_argument(
        "--add", action="store_true", help="to the rounds that are recorded, one quiet minute at a time"
    )
    parser.add_argument("--work", nargs=2, metavar=("THREADS", "DISTRIBUTION"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/recorded/distributed_training.json"))
    arguments = parser.parse_args()
    if arguments.work:
        work(int(arguments.work[0]), arguments.updates, arguments.work[1])
        return
    rounds: list[Round] = []
    if arguments.add and arguments.out.exists():
        rounds = json.loads(arguments.out.read_text(encoding="utf-8"))["by_round"]
    rounds += [one_round(arguments.updates) for _ in range(arguments.rounds)]
    figures = medians(rounds)
    alone, two = figures["1 process, 1 thread"], figures["2 processes, 1 thread each, replicas"]
    record = {
        "question": "What does a second process give in training?",
        "machine": f"{platform.processor() or platform.machine()}, {num_cores()} cores",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": date.today().isoformat(),
        "dtype": str(choose_dtype("auto", torch.device("cpu"))).removeprefix("torch."),
        "updates": arguments.updates,
        "arrangements": figures,
        "efficiency_of_two_processes": round(two["tokens_per_second"] / (2 * alone["tokens_per_second"]), 3),
        "gradient_megabytes_per_update": round(alone["weights"] * 4 / 1e6, 1),
        "by_round": rounds,
    }
    arguments.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
