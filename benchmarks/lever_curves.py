"""Does any lever of training's speed change what is learned? Losses of 500 updates with each, beside plain float32.

Plain is float32 with PyTorch's dropout, cross-entropy over all cells, attention by autograd, and unfused AdamW. Each
lever is then switched on, with those it needs, and all together. Noise is what other dropout seeds change in plain
float32: a lever's curve has to stay as near to the plain one. Curves are compared as means over 25 updates.

*tiny* network, Multi30k, batches of 512 tokens, dropout 0.1. Resumable: one line per curve is recorded.

    lever_curves.py --max-minutes 30         measures what is missing
    lever_curves.py --show                   the table and docs/curves/levers.svg, from what was recorded
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "training_speed"))
RECORD = HERE / "recorded" / "lever_curves.jsonl"
FIGURE = HERE.parent / "docs" / "curves" / "levers.svg"
STEPS, TOGETHER = 500, 25
PLAIN, ALL = "plain float32", "all levers"
NOISE = {f"plain float32, dropout {seed}": seed for seed in (2, 3, 4)}
"""Other seeds of dropout: what they change is noise."""
ON: dict[str, tuple[str, ...]] = {
    "bf16": ("bf16",),
    "attention's own gradient": ("attention's own gradient",),
    "cheap dropout": ("cheap dropout",),
    "joint projections": ("joint projections",),
    "loss on real tokens only": ("loss on real tokens only", "round shapes"),
    "own loss": ("own loss", "loss on real tokens only", "round shapes"),
    "fused AdamW": ("fused AdamW",),
    "kernels": (
        "all kernels",
        *(f"kernel of {part}" for part in ("the loss", "dropout", "embeddings", "layer norm", "attention")),
        "kernels of linear layers",
        *("own loss", "loss on real tokens only", "round shapes", "cheap dropout", "attention's own gradient"),
    ),
}
CURVES = (PLAIN, *NOISE, ALL, *ON)
Curve = npt.NDArray[np.float64]


def losses(name: str, folder: Path, steps: int) -> list[float]:
    """The losses of a curve's updates. Switching levers off changes this process for good."""
    import torch
    from ours import LEVERS, optimizer_of
    from worker import Pairs

    from regard.batches import BatchStream, EncodedPairs, Ragged
    from regard.models import build_model
    from regard.runs.setup import give_kernels
    from regard.settings import load_settings
    from regard.training.update import apply_update

    off = set() if name == ALL else set(LEVERS) - set(ON.get(name, ())) - {"allocator", "attention's dispatcher"}
    pairs = Pairs(folder / "pairs.npz")
    settings = load_settings(None, ["model.dropout=0.1"], preset="tiny")
    encoded = EncodedPairs(Ragged.of(pairs.source), Ragged.of(pairs.target))
    stream = BatchStream(encoded, budget=512, seed=1)
    batches = [stream.take() for _ in range(steps)]  # before rounding is switched off: the same batches for all
    torch.manual_seed(1)
    seed = NOISE.get(name, 1)
    model = build_model(settings.model, pairs.vocab_size, seed=seed)
    torch.manual_seed(seed)
    model.compute_dtype = torch.float32 if "bf16" in off else torch.bfloat16
    give_kernels(model, settings, tell=lambda note: print(note, file=sys.stderr))
    optimizer = optimizer_of(model, settings, fused="fused AdamW" not in off)
    for lever in sorted(off):
        LEVERS[lever](model)
    return [round(apply_update(model, optimizer, [batch], settings.training).loss, 5) for batch in batches]


def measure(arguments: argparse.Namespace) -> None:
    """Each curve in a process of its own."""
    from rounds import prepare

    folder, until = prepare(arguments.cache), time.monotonic() + 60 * arguments.max_minutes
    for name in CURVES:
        if name in recorded() or time.monotonic() >= until:
            continue
        words = [sys.executable, __file__, "--curve", name, "--cache", str(folder)]
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        if found.returncode:
            raise SystemExit(found.stderr[-2000:])
        with RECORD.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"curve": name, "losses": json.loads(found.stdout.splitlines()[-1])}) + "\n")
        print(f"{name}: measured", flush=True)


def recorded() -> dict[str, Curve]:
    """The curves so far."""
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else []
    return {line["curve"]: np.array(line["losses"]) for line in map(json.loads, lines)}


def smooth(curve: Curve) -> Curve:
    """Means over neighbouring updates."""
    return curve[: len(curve) // TOGETHER * TOGETHER].reshape(-1, TOGETHER).mean(1)


def distances(curves: dict[str, Curve]) -> dict[str, tuple[float, float]]:
    """How far each curve is from the plain one: at most, and at the end; in nats per token."""
    plain = smooth(curves[PLAIN])
    apart = {name: np.abs(smooth(curve) - plain) for name, curve in curves.items() if name != PLAIN}
    return {name: (float(one.max()), float(one[-1])) for name, one in apart.items()}


def table(curves: dict[str, Curve]) -> str:
    """The distances, noise first."""
    found = distances(curves)
    rows = [f"| {name} | {most:.4f} | {end:.4f} |" for name, (most, end) in found.items()]
    return "| curve | farthest from plain float32 | at the end |\n|---|---|---|\n" + "\n".join(rows)


def draw(curves: dict[str, Curve]) -> None:
    """The curves, and what separates them from the plain one."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "levers"
    from matplotlib import pyplot as plt

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(8, 7), sharex=True)
    updates = (np.arange(STEPS // TOGETHER) + 0.5) * TOGETHER
    plain = smooth(curves[PLAIN])
    for name, curve in curves.items():
        is_plain, is_noise = name == PLAIN, name in NOISE
        style: dict[str, Any] = {"linewidth": 2.5 if is_plain or is_noise else 1, "label": name}
        style |= {"color": "black"} if is_plain else {"color": "grey", "linestyle": "--"} if is_noise else {}
        upper.plot(updates, smooth(curve), **style)
        lower.plot(updates, smooth(curve) - plain, **style)
    upper.set_ylabel("loss, nats per token")
    lower.set_ylabel("difference from plain float32")
    lower.set_xlabel("update")
    upper.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curve", choices=CURVES, help="print the losses of one curve, and nothing else")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "regard-benchmarks")
    parser.add_argument("--max-minutes", type=float, default=60.0)
    parser.add_argument("--show", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if arguments.curve:
        print(json.dumps(losses(arguments.curve, arguments.cache, STEPS)))
        return
    if not arguments.show:
        measure(arguments)
    curves = {name: curve for name, curve in recorded().items() if name in CURVES}
    curves = {name: curves[name] for name in CURVES if name in curves}
    if PLAIN in curves:
        print(table(curves))
    if {PLAIN, *NOISE, ALL} <= set(curves):
        draw(curves)


if __name__ == "__main__":
    main()
