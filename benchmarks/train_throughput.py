"""How many source + target tokens per second does training see, ours and other toolkits'?

Without options, ours alone on made-up pairs (no data is needed): 30,000 pairs of random ids, with lengths as in image
captions, in batches of 4,096 tokens. Only real tokens count. Medians of several rounds, with range and peak memory.

    train_throughput.py --peers --cache FOLDER      Multi30k (REGARD_DATA), same network, subwords and batches for all
    train_throughput.py --levers --cache FOLDER     what each lever of our speed gives
    train_throughput.py --profile --cache FOLDER    where the time of an update goes

The comparisons are recorded measurement by measurement in benchmarks/recorded and can be stopped at any time.
"""

import argparse
import platform
import resource
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from regard.batches import BatchStream, EncodedPairs, Ragged
from regard.models import build_model
from regard.runs.machine import choose_dtype, keep_freed_memory, use_threads
from regard.runs.setup import give_kernels
from regard.settings import load_settings
from regard.training import MovingAverage
from regard.training.optimizer import build_optimizer, set_learning_rate
from regard.training.update import apply_update

sys.path.insert(0, str(Path(__file__).parent / "training_speed"))

VOCABULARY = 8_000
PAIRS = 30_000


def made_up_pairs() -> EncodedPairs:
    rng = np.random.default_rng(0)
    target = rng.poisson(14, PAIRS) + 2
    source = np.maximum(2, target + rng.integers(-3, 4, PAIRS))

    def ids(lengths: np.ndarray) -> Ragged:
        return Ragged.of(np.minimum(rng.zipf(1.3, length) + 260, VOCABULARY - 1).tolist() for length in lengths)

    return EncodedPairs(ids(source), ids(target))


def measure(preset: str, dtype: str, rounds: int, updates: int) -> None:
    settings = load_settings(None, preset=preset)
    model = build_model(settings.model, VOCABULARY, seed=1)
    model.compute_dtype = choose_dtype(dtype, torch.device("cpu"))
    give_kernels(model, settings, tell=print)
    optimizer = build_optimizer(model, settings.training)
    set_learning_rate(optimizer, 1e-4)
    average = MovingAverage(model, 0.999)
    stream = BatchStream(made_up_pairs(), budget=settings.training.batch_tokens, seed=1)
    rates, cells, tokens = [], 0, 0
    for turn in range(rounds + 1):
        begin, seen = time.perf_counter(), 0
        for _ in range(updates):
            batch = stream.take()
            seen += apply_update(model, optimizer, [batch], settings.training).num_tokens
            average.update(model, num_updates=turn)
            cells += batch.source.numel() + batch.target_in.numel()
        tokens += seen
        if turn:  # the first round compiles kernels
            rates.append(seen / (time.perf_counter() - begin))
    kind = str(model.dtype).removeprefix("torch.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{preset}, {kind}: median {median(rates):,.0f} tokens/s ({min(rates):,.0f} to {max(rates):,.0f}, "
        f"{rounds} rounds of {updates} updates), padding {1 - tokens / cells:.1%}, peak {peak:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="+", default=["small", "tiny"])
    parser.add_argument("--dtypes", nargs="+", default=["auto", "float32"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--threads", type=int)
    import compare

    compare.add_arguments(parser)
    arguments = parser.parse_args()
    for question in ("peers", "levers"):
        if getattr(arguments, question):
            compare.compare(question, arguments)
            return
    if arguments.profile:
        compare.profile(arguments)
        return
    use_threads(arguments.threads)
    keep_freed_memory()
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"{platform.processor() or platform.machine()}, {capability}, torch {torch.__version__}, "
          f"{torch.get_num_threads()} threads")  # fmt: skip
    for preset in arguments.presets:
        for dtype in arguments.dtypes:
            measure(preset, dtype, arguments.rounds, arguments.updates)


if __name__ == "__main__":
    main()
