"""What does watching cost, and what does it cost to leave a place for a watcher? The goals: 1 second, and nothing.

1. Tracing one sentence of 20 words, all layers and heads, from the string to the trace with its checks.
2. Translating with nobody watching, against the same code without any place for a watcher: 15 or more pairs, their
   halves in turn first and second, so that a disturbance meets both. The ratio of the medians must be at least 0.95.
   It is of CPU time, on one thread: other programs on the machine then count less.

    python benchmarks/recording_cost.py demo-model
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch

import regard
from regard.corpus.builtin import generate
from regard.decoding.steering import Steering
from regard.models.multihead import HeadCore, _joined
from regard.translator import Translator

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "recorded" / "recording_cost.json"
TWENTY_WORDS = (
    "The young woman, who is reading a book in the garden, sees the black cat and the small dog near the house."
)
GOAL_SECONDS = 1.0
GOAL_RATIO = 0.95
SENTENCES = 64


@contextmanager
def without_hooks() -> Iterator[None]:
    """Attention and search as they would be if nobody had ever wanted to watch."""
    before = HeadCore.mix_by, Steering.opened, Steering.steer
    HeadCore.mix_by = lambda _, how, queries, known, view: _joined(how(queries, known, view))
    Steering.opened = lambda _: None
    Steering.steer = lambda _, log_probabilities, **__: log_probabilities
    try:
        yield
    finally:
        HeadCore.mix_by, Steering.opened, Steering.steer = before  # type: ignore[method-assign]


def seconds_of(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    begin = clock()
    work()
    return clock() - begin


def tracing(translator: Translator, rounds: int, beam_size: int) -> dict[str, Any]:
    """Seconds to trace, and to translate, the same sentence."""
    traced, translated, trace = [], [], translator.explain(TWENTY_WORDS, beam_size=beam_size)
    for _ in range(rounds):
        traced.append(seconds_of(lambda: translator.explain(TWENTY_WORDS, beam_size=beam_size)))
        translated.append(seconds_of(lambda: translator.translate(TWENTY_WORDS, beam_size=beam_size)))
    return {
        "words": len(TWENTY_WORDS.split()),
        "source_tokens": len(trace.tokens.source),
        "target_tokens": len(trace.tokens.target_out),
        "traced_seconds_median": round(median(traced), 4),
        "traced_seconds_largest": round(max(traced), 4),
        "translated_seconds_median": round(median(translated), 4),
    }


def not_tracing(translator: Translator, pairs: int, beam_size: int) -> dict[str, Any]:
    """The time of a batch with the hooks away, divided by its time with the hooks in place and nobody watching."""
    sentences = [pair.source for pair in generate(size=20_000, seed=1).test][:SENTENCES]

    def work() -> object:
        return translator.translate(sentences, beam_size=beam_size)

    def away() -> float:
        with without_hooks():
            return seconds_of(work, time.process_time)

    work()
    present, absent = [], []
    for pair in range(pairs):
        for is_present in (True, False) if pair % 2 else (False, True):
            (present if is_present else absent).append(seconds_of(work, time.process_time) if is_present else away())
    ratios = [one / other for one, other in zip(absent, present, strict=True)]
    return {
        "pairs": pairs,
        "ratio_of_medians": round(median(absent) / median(present), 4),
        "ratio_smallest": round(min(ratios), 4),
        "ratio_largest": round(max(ratios), 4),
        "cpu_seconds_median": round(median(present), 4),
    }


def measure(model: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    translator = regard.load(model, threads=arguments.threads, device="cpu")
    facts = translator.settings.model
    result: dict[str, Any] = {
        "model": f"{facts.encoder_layers}+{facts.decoder_layers} layers, {facts.num_heads} heads, {facts.model_dim}",
        "parameters": sum(parameter.numel() for parameter in translator.model.parameters()),
    }
    for beam_size in (1, 5):
        result[f"tracing, beam {beam_size}"] = tracing(translator, arguments.rounds, beam_size)
        result[f"not tracing, beam {beam_size}"] = not_tracing(translator, arguments.pairs, beam_size)
    print(json.dumps(result, indent=1), flush=True)
    return result


def is_good(result: dict[str, Any]) -> bool:
    seconds = [result[f"tracing, beam {beam}"]["traced_seconds_median"] for beam in (1, 5)]
    ratios = [result[f"not tracing, beam {beam}"]["ratio_of_medians"] for beam in (1, 5)]
    return max(seconds) < GOAL_SECONDS and min(ratios) >= GOAL_RATIO


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", help="folders of trained models")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RECORD.relative_to(ROOT)}")
    arguments = parser.parse_args()
    about: dict[str, Any] = {"threads": arguments.threads, "torch": str(torch.__version__)}
    about["cpu"] = torch.backends.cpu.get_cpu_capability()
    measured = [measure(model, arguments) for model in arguments.models]
    if arguments.write:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(about | {"models": measured}, indent=1) + "\n", encoding="utf-8")
    if not all(map(is_good, measured)):
        sys.exit(f"the goals are less than {GOAL_SECONDS} s, and a ratio of at least {GOAL_RATIO}: see above")


if __name__ == "__main__":
    main()
