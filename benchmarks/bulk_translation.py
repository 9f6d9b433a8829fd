"""What does a second worker give in bulk translation by Ray?

A model of the *small* size is made that answers with twelve tokens whatever it reads; then two folders of shards are
translated: a short one, which shows what starting takes, and a long one. Texts per second are those of the difference.
One worker, two workers and this process alone take turns.

    python benchmarks/bulk_translation.py         prints, and writes benchmarks/recorded/bulk_translation.json
"""

import argparse
import json
import platform
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import torch

from regard.bulk import Job, translate_shards
from regard.launch import num_cores
from regard.runs import train
from regard.settings import load_settings

DIGITS: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CHIFFRES: Final = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
SHARDS: Final = 16
ENGINES: Final[dict[str, int | None]] = {"this process": None, "one worker": 1, "two workers": 2}


def numbers(count: int, words: list[str]) -> str:
    """Numbers in words, one a line."""
    return "".join(" ".join(words[int(digit)] for digit in f"{number:06d}") + "\n" for number in range(count))


def trained(folder: Path) -> Path:
    """A model of the *small* size that knows nothing: with a bound on its answers it is as fast as any other."""
    for name, words in (("n.en", DIGITS), ("n.fr", CHIFFRES)):
        (folder / name).write_text(numbers(2_000, words), encoding="utf-8")
    where = [f"data.source={folder / 'n.en'}", f"data.target={folder / 'n.fr'}"]
    sizes = ["text.vocab_size=330", "training.max_steps=2", "training.valid_sentences=20", "training.threads=1"]
    train(load_settings(None, [*where, *sizes], preset="small"), folder / "run")
    return folder / "run"


def shards_in(folder: Path, texts_each: int) -> Path:
    """A folder of shards."""
    folder.mkdir()
    for number in range(SHARDS):
        (folder / f"{number:02d}.txt").write_text(numbers(texts_each, DIGITS), encoding="utf-8")
    return folder


def seconds(model: Path, shards: Path, out: Path, workers: int | None) -> float:
    """How long one job takes, starting and loading included."""
    began = time.monotonic()
    translate_shards(Job(model, out, search={"beam_size": 1, "max_length": 12}, threads=1), shards, ray_workers=workers)
    taken = time.monotonic() - began
    shutil.rmtree(out)
    return taken


def measure(folder: Path, texts_each: int, rounds: int) -> dict[str, Any]:
    """Texts per second of each engine, medians over rounds."""
    model = trained(folder)
    short, long = shards_in(folder / "short", 4), shards_in(folder / "long", texts_each)
    found: dict[str, list[float]] = {name: [] for name in ENGINES}
    starts: dict[str, list[float]] = {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, workers in ENGINES.items():
            start = seconds(model, short, folder / "out", workers)
            whole = seconds(model, long, folder / "out", workers)
            starts[name].append(start)
            found[name].append(SHARDS * (texts_each - 4) / (whole - start))
    return {
        name: {"texts_per_second": round(median(found[name]), 1), "start_seconds": round(median(starts[name]), 1)}
        for name in ENGINES
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=64, help="of each shard")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/recorded/bulk_translation.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    import ray

    with tempfile.TemporaryDirectory() as folder:
        engines = measure(Path(folder), arguments.texts, arguments.rounds)
    record = {
        "question": "What does a second worker give in bulk translation by Ray?",
        "machine": f"{platform.processor() or platform.machine()}, {num_cores()} cores",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "ray": ray.__version__},
        "shards": SHARDS,
        "rounds": arguments.rounds,
        "texts_per_shard": arguments.texts,
        "engines": engines,
        "second_worker": round(
            engines["two workers"]["texts_per_second"] / engines["one worker"]["texts_per_second"], 2
        ),
    }
    arguments.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
