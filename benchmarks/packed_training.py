"""What does packing several sentences into one row give? The same losses, and how many tokens per second?

The *small* model trains twice on the same batches of sentences, dropout off: one sentence per row, and packed. First
the losses of 200 updates, side by side in float32; then the speed, in turn, in the type the product would take here.
Batches are drawn by length, as training draws them, and at random, where padding is what packing saves. Pairs are
Multi30k's if REGARD_DATA points to a folder that has them, else made up.

    python benchmarks/packed_training.py           prints, and writes benchmarks/recorded/packed_training.json
"""

import argparse
import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from regard.batches import Batch, BatchStream, EncodedPairs, make_batch
from regard.corpus import read_pairs
from regard.models import AnyModel, build_model
from regard.runs.encode import encode, learn_tokenizer
from regard.runs.machine import choose_dtype, keep_freed_memory, use_threads
from regard.settings import load_settings
from regard.training.optimizer import build_optimizer, set_learning_rate
from regard.training.update import apply_update

sys.path.insert(0, str(Path(__file__).parent))
from train_throughput import VOCABULARY, made_up_pairs

RECORD = Path(__file__).parent / "recorded" / "packed_training.json"
STEPS, WIDTHS = 200, (64, 128)
SETTINGS = load_settings(None, ["model.dropout=0.0"], preset="small")


def pairs() -> tuple[str, EncodedPairs, int]:
    """Their name, the pairs, and how many pieces the vocabulary has."""
    folder = Path(os.environ.get("REGARD_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "multi30k"
    if not folder.is_dir():
        return "made-up pairs", made_up_pairs(), VOCABULARY
    read = list(islice(read_pairs(folder / "train.en", folder / "train.fr"), 20_000))
    tokenizer = learn_tokenizer(read, SETTINGS)
    return "Multi30k", encode(read, tokenizer, max_tokens=SETTINGS.data.max_tokens).pairs, tokenizer.vocab_size


class Learner:
    """A network with its optimizer, always from the same beginning."""

    def __init__(self, vocab_size: int, dtype: torch.dtype) -> None:
        torch.manual_seed(1)
        self.model: AnyModel = build_model(SETTINGS.model, vocab_size, seed=1)
        self.model.compute_dtype = dtype
        self.optimizer = build_optimizer(self.model, SETTINGS.training)
        set_learning_rate(self.optimizer, 5e-4)

    def learn(self, batch: Batch) -> float:
        """One update; its loss."""
        return apply_update(self.model, self.optimizer, [batch], SETTINGS.training).loss


def compare_losses(data: EncodedPairs, vocab_size: int, steps: int) -> dict[str, float]:
    """Three learners see the same sentences: one per row, packed, and one per row in reverse: mere rounding."""
    order = BatchStream(data, budget=1024, seed=1).batches_of(0)
    curves = {name: np.empty(steps) for name in ("separate", "packed", "reversed")}
    learners = {name: Learner(vocab_size, torch.float32) for name in curves}
    for step, indices in enumerate(order[:steps]):
        batches = {
            "separate": make_batch(data, indices),
            "packed": make_batch(data, indices, packed_width=WIDTHS[0]),
            "reversed": make_batch(data, indices[::-1]),
        }
        for name, batch in batches.items():
            curves[name][step] = learners[name].learn(batch)
    found: dict[str, float] = {"steps": steps, "first": curves["separate"][0], "last": curves["separate"][-1]}
    for name in ("packed", "reversed"):
        apart = np.abs(curves[name] - curves["separate"]) / curves["separate"]
        found |= {f"{name}_largest_relative_difference": apart.max(), f"{name}_median": float(np.median(apart))}
        print(
            f"{steps} updates, float32: loss {curves['separate'][0]:.4f} -> {curves['separate'][-1]:.4f}, {name} rows "
            f"{curves[name][-1]:.4f}; relative difference at most {apart.max():.1e}, median {np.median(apart):.1e}"
        )
    return found


def by_length(data: EncodedPairs, budget: int) -> Iterator[np.ndarray]:
    return iter(BatchStream(data, budget=budget, seed=1).batches_of(0))


def at_random(data: EncodedPairs, budget: int) -> Iterator[np.ndarray]:
    """The same number of real tokens as ``by_length``, drawn without regard to length."""
    rng = np.random.default_rng(1)
    order = rng.permutation(len(data))
    tokens = np.cumsum((data.source.lengths + data.target.lengths + 2)[order])
    yield from np.split(order, np.searchsorted(tokens, np.arange(budget, tokens[-1], budget)))


def measure_speed(
    data: EncodedPairs,
    vocab_size: int,
    dtype: torch.dtype,
    *,
    rounds: int,
    updates: int,
    clock: Callable[[], float],
) -> list[dict[str, Any]]:
    draws: dict[str, Callable[[EncodedPairs, int], Iterator[np.ndarray]]] = {
        "by length": by_length,
        "at random": at_random,
    }
    ways = [(draw, width) for draw in draws for width in (None, *WIDTHS)]
    learner, rates, padding = Learner(vocab_size, dtype), {way: [] for way in ways}, {way: [] for way in ways}
    sources = {way: draws[way[0]](data, SETTINGS.training.batch_tokens) for way in ways}
    for turn in range(rounds + 1):
        for way in ways:
            batches = [make_batch(data, indices, packed_width=way[1]) for indices in islice(sources[way], updates)]
            begin = clock()
            for batch in batches:
                learner.learn(batch)
            if turn:  # the first round compiles kernels
                rates[way].append(sum(batch.num_tokens for batch in batches) / (clock() - begin))
                cells = sum(batch.source.numel() + batch.target_in.numel() for batch in batches)
                padding[way].append(1 - sum(batch.num_tokens for batch in batches) / cells)
    return [_speed(way, rates[way], padding[way]) for way in ways]


def _speed(way: tuple[str, int | None], rates: list[float], padding: list[float]) -> dict[str, Any]:
    rows = "one sentence per row" if way[1] is None else f"rows of up to {way[1]}"
    print(f"batches {way[0]}, {rows}: {median(rates):,.0f} tokens/s ({min(rates):,.0f} to {max(rates):,.0f}), padding "
          f"{median(padding):.1%}")  # fmt: skip
    return {"batches": way[0], "packed_width": way[1], "tokens_per_second": rates, "padding": median(padding)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=6)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--cpu-time", action="store_true", help="processor time: for one thread on a busy machine")
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    keep_freed_memory()
    name, data, vocab_size = pairs()
    dtype = choose_dtype("auto", torch.device("cpu"))
    about = {
        "hardware": f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
        "pairs": name,
        "clock": "processor time" if arguments.cpu_time else "wall clock",
        "dtype": str(dtype).removeprefix("torch."),
    }
    print(", ".join(about.values()))
    losses = compare_losses(data, vocab_size, arguments.steps)
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    speeds = measure_speed(data, vocab_size, dtype, rounds=arguments.rounds, updates=arguments.updates, clock=clock)
    RECORD.write_text(
        json.dumps({"measured": about, "losses": losses, "speeds": speeds}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
