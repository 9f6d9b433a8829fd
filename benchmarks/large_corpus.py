"""How soon does training start on a corpus of millions of pairs, and how much memory does it take?

Makes a corpus of numbered sentences (a sentence of the built-in grammar behind a number that no other pair has), lets
``regard train`` prepare it and train a few updates, then trains again from what was prepared, and reads the trainer's
own memory (``RssAnon``) every half second. The same with a small corpus to compare with.

    python benchmarks/large_corpus.py --pairs 20000000 --folder /somewhere/with/10GB --out recorded.json
"""

import argparse
import json
import platform
import resource
import shutil
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import torch

from regard.corpus.builtin import generate
from regard.launch import num_cores

BASE_PAIRS: Final = 20_000
SMALL_PAIRS: Final = 50_000
UPDATES: Final = 40
SETTINGS: Final = [
    "text.vocab_size=8000",
    f"training.max_steps={UPDATES}",
    f"training.validate_every={UPDATES}",
    "training.valid_sentences=50",
    "training.log_every=1",
    "training.batch_tokens=2048",
]


def write_corpus(folder: Path, num_pairs: int) -> float:
    """Pairs that differ by their numbers; returns the seconds it took."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    base = generate(size=BASE_PAIRS, seed=20).train
    files = [(folder / name).open("w", encoding="utf-8") for name in ("n.en", "n.fr")]
    with files[0] as english, files[1] as french:
        for number, pair in enumerate(islice(cycle(base), num_pairs)):
            english.write(f"{number} {pair.source}\n")
            french.write(f"{number} {pair.target}\n")
    return time.monotonic() - began


def anonymous_megabytes(process: int) -> float:
    """The memory that belongs to a process alone and lies in no file."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("RssAnon:")), "RssAnon: 0")
    return int(line.split()[1]) / 1024


def first_update_seconds(log: Path, began: float) -> float | None:
    """When the first update was logged, in seconds after the start."""
    if log.exists() and '"kind": "step"' in log.read_text(encoding="utf-8"):
        return time.time() - began
    return None


def train(folder: Path, *, cache: Path) -> dict[str, Any]:
    """One ``regard train``: when its first update was made, and the most memory before and after that."""
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = [sys.executable, "-m", "regard", "train", "--preset", "small", "--out", str(run), *SETTINGS]
    command += ["--source", str(folder / "n.en"), "--target", str(folder / "n.fr"), f"data.cache={cache}"]
    began, first, peak = time.time(), None, [0.0, 0.0]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            first = first or first_update_seconds(run / "log.jsonl", began)
            peak[first is not None] = max(peak[first is not None], anonymous_megabytes(process.pid))
            time.sleep(0.5)
        errors = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise SystemExit(errors)
    return {
        "first_update_seconds": round(first or 0.0, 1),
        "seconds": round(time.time() - began, 1),
        "peak_anonymous_mb_preparing": round(peak[0]),
        "peak_anonymous_mb_training": round(peak[1]),
    }


def megabytes(folder: Path) -> float:
    """The size of a folder's files."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def prepare(root: Path, num_pairs: int) -> dict[str, Any]:
    """Makes a corpus and trains on it for the first time, unless that was done before; what it took."""
    folder, cache = root / f"pairs-{num_pairs}", root / f"cache-{num_pairs}"
    noted = folder / "prepared.json"
    if not noted.exists():
        written = write_corpus(folder, num_pairs)
        before = processor_seconds()
        figures = {"pairs": num_pairs, "seconds_to_write": round(written, 1), "corpus_mb": megabytes(folder)}
        figures["first"] = train(folder, cache=cache)
        figures["first"]["processor_seconds"] = round(processor_seconds() - before)
        noted.write_text(json.dumps({**figures, "prepared_mb": megabytes(cache)}), encoding="utf-8")
    found: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
    return found


def processor_seconds() -> float:
    """What all programs started from here have used of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(root: Path, num_pairs: int) -> dict[str, Any]:
    """One corpus: made, prepared and trained on, and trained on once more."""
    figures = prepare(root, num_pairs)
    figures["prepared_before"] = train(root / f"pairs-{num_pairs}", cache=root / f"cache-{num_pairs}")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep", action="store_true", help="leave corpora and what was prepared, to measure again")
    parser.add_argument("--prepare", action="store_true", help="only that: the first half, which takes long")
    arguments = parser.parse_args()
    if arguments.prepare:
        print(json.dumps([prepare(arguments.folder, count) for count in (SMALL_PAIRS, arguments.pairs)]))
        return
    record: dict[str, Any] = {
        "question": "How soon does training start on millions of pairs, and in how much memory?",
        "machine": f"{platform.processor() or platform.machine()}, {num_cores()} cores",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "small": measure(arguments.folder, SMALL_PAIRS),
        "large": measure(arguments.folder, arguments.pairs),
    }
    large = record["large"]["prepared_before"]
    small = record["small"]["prepared_before"]
    record["more_mb_than_small"] = large["peak_anonymous_mb_training"] - small["peak_anonymous_mb_training"]
    record["holds"] = large["first_update_seconds"] <= 60 and record["more_mb_than_small"] <= 300
    arguments.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))
    if not arguments.keep:
        for count in (SMALL_PAIRS, arguments.pairs):
            shutil.rmtree(arguments.folder / f"pairs-{count}")
            shutil.rmtree(arguments.folder / f"cache-{count}", ignore_errors=True)
    if not record["holds"]:
        raise SystemExit(3)


if __name__ == "__main__":
    main()
