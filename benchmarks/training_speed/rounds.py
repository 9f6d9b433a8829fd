"""Rounds of measurements: one line of JSON for each, so that a comparison may be stopped and go on another day.

Within a round every row is measured once, each in a fresh process, one after the other; the next round begins when the
round is complete. A busy minute then falls on few measurements of many rows instead of on all of one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from environments import PEERS, python_of
from worker import busy_seconds

from regard.corpus import read_pairs
from regard.runs.encode import encode, learn_tokenizer
from regard.settings import load_settings

HERE = Path(__file__).parent
VOCABULARY = 8_000
OURS = "regard"
# What the commands of Regard set before PyTorch is loaded; peers run with what they have.
OWN_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}
_OVERHEAD_SECONDS = 12  # starting Python and reading the pairs
_MOST_OF_OTHERS = 0.2  # of a core: what other programs may take without a measurement being thrown away


@dataclass(frozen=True)
class Row:
    """One line of a table: a system, a network, a mode (``default``, ``bf16``, or ``without`` a lever)."""

    system: str
    model: str
    mode: str


@dataclass(frozen=True)
class Plan:
    """How to measure: where things lie, and for how long."""

    cache: Path
    record: Path
    rounds: int
    threads: int
    warm_seconds: float
    seconds: float
    max_seconds: float
    cpu_time: bool = False
    """Whether tokens per second of processor time count: then other programs may run."""


def prepare(cache: Path) -> Path:
    """Multi30k cut by our tokenizer, for all systems: ids, and the same as words in text files."""
    folder = cache / "data"
    if (folder / "pairs.npz").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(os.environ.get("REGARD_DATA", HERE.parents[2] / "shared" / "data")) / "multi30k"
    pairs = list(read_pairs(data / "train.en", data / "train.fr"))
    settings = load_settings(None, [f"text.vocab_size={VOCABULARY}"], preset="small")
    tokenizer = learn_tokenizer(pairs, settings)
    encoded = encode(pairs, tokenizer, max_tokens=settings.data.max_tokens).pairs
    sides = {"source": encoded.source, "target": encoded.target}
    for name, side in sides.items():
        lines = (" ".join(f"p{piece}" for piece in side[index].tolist()) for index in range(len(encoded)))
        (folder / f"train.{name}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pieces = [f"p{number}" for number in range(4, tokenizer.vocab_size)]
    (folder / "vocabulary.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    arrays = {f"{name}_ids": np.concatenate([side[i] for i in range(len(encoded))]) for name, side in sides.items()}
    arrays |= {f"{name}_ends": np.cumsum(side.lengths) for name, side in sides.items()}
    np.savez(folder / "aside.npz", vocab_size=tokenizer.vocab_size, **arrays)
    (folder / "aside.npz").rename(folder / "pairs.npz")
    return folder


def measure(rows: Sequence[Row], plan: Plan) -> bool:
    """Measures what is missing, in turn; False if time ran out before, or the machine has other work."""
    began = time.monotonic()
    folder = prepare(plan.cache)
    pythons = {row.system: _python(row.system, plan.cache) for row in rows}
    for turn, row in missing(rows, plan):
        needed = plan.warm_seconds + plan.seconds + _OVERHEAD_SECONDS
        if time.monotonic() - began + needed > plan.max_seconds or _is_busy(plan):
            return False
        found = _run(pythons[row.system], row, folder, turn, plan)
        if found["others"] > _MOST_OF_OTHERS and not plan.cpu_time:
            print(f"round {turn}: {row.system} {row.mode}: thrown away, others took {found['others']} of a core")
            continue
        line = json.dumps({"round": turn, **asdict(row), "date": date.today().isoformat(), **found})
        with plan.record.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        rate = found["tokens"] / found["cpu_seconds" if plan.cpu_time else "seconds"]
        print(f"round {turn}: {row.model} {row.system} {row.mode}: {rate:,.0f} tokens/s", flush=True)
    return True


def missing(rows: Sequence[Row], plan: Plan) -> Iterator[tuple[int, Row]]:
    """What was not measured yet, round by round."""
    done = {(line["round"], line["model"], line["system"], line["mode"]) for line in recorded(plan.record)}
    for turn in range(plan.rounds):
        for row in rows:
            if (turn, row.model, row.system, row.mode) not in done:
                yield turn, row


def recorded(path: Path) -> list[dict[str, Any]]:
    """All measurements so far."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _is_busy(plan: Plan, seconds: float = 1.0) -> bool:
    if plan.cpu_time:
        return False
    before = busy_seconds()
    time.sleep(seconds)
    taken = (busy_seconds() - before) / seconds
    if taken > _MOST_OF_OTHERS:
        print(f"other programs take {taken:.1f} of the cores; measure when they rest", flush=True)
    return taken > _MOST_OF_OTHERS


def _python(system: str, cache: Path) -> Path:
    return Path(sys.executable) if system == OURS else python_of(system, cache / "environments")


def _run(python: Path, row: Row, folder: Path, turn: int, plan: Plan) -> dict[str, Any]:
    loop = "ours.py" if row.system == OURS else PEERS[row.system].loop
    command = [
        str(python), "-W", "ignore", str(HERE / loop), "--folder", str(folder), "--model", row.model,
        "--seed", str(turn + 1), "--threads", str(plan.threads),
        "--warm-seconds", str(plan.warm_seconds), "--seconds", str(plan.seconds),
    ]  # fmt: skip
    command += ["--bf16"] if row.mode == "bf16" else []
    command += ["--without", row.mode.removeprefix("without ")] if row.mode.startswith("without ") else []
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    environment = inherited | (OWN_ENVIRONMENT if row.system == OURS else {})
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return found
