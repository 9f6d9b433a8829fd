"""How much longer does a token take in a long translation? Steps of the decoder at 64 and at 512 tokens, in turn.

Source and translation have equally many tokens, drawn at random; nothing is split. As in a search each beam goes on
from one of the beams, drawn too (`--apart`: always from itself, so that no two share a past, which no search does for
long). A time is the CPU time of the whole translation, reading included, divided by its tokens; the best of several
rounds, one thread. The goal is at most 1.5 times as long at 512 as at 64.

    python benchmarks/decode_length.py MODEL
"""

import argparse
import time
from pathlib import Path
from typing import Any

import torch

import regard
from regard.batches import rectangle
from regard.text.control import BOS, EOS

LENGTHS = (64, 512)
GOAL = 1.5
WAYS = [("float32", False), ("bfloat16", False), ("float32", True), ("bfloat16", True), ("int8", True)]


@torch.inference_mode()
def microseconds(model: Any, length: int, rows: int, *, apart: bool) -> float:
    """CPU time per token of one translation by ``rows`` beams."""
    draw = torch.Generator().manual_seed(length)
    ids, layout = rectangle([torch.randint(EOS + 1, model.vocab_size, (length,), generator=draw).tolist()])
    tokens = torch.randint(EOS + 1, model.vocab_size, (length, rows), generator=draw)
    tokens[0] = BOS
    parents = (
        torch.arange(rows).expand(length, 1, -1) if apart else torch.randint(rows, (length, 1, rows), generator=draw)
    )
    clock = time.process_time()
    state = model.start(model.encode(ids, layout), copies=rows)
    for step, whom in zip(tokens, parents, strict=True):
        _, state = model.step(state, step)
        state = state.follow(whom)
    return 1e6 * (time.process_time() - clock) / length


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--apart", action="store_true", help="beams that share no past")
    arguments = parser.parse_args()
    print("| type | beam | µs per token at 64 | at 512 | ratio |\n|---|---|---|---|---|")
    for dtype, compiled in WAYS:
        translator = regard.load(arguments.model, dtype=dtype, threads=1, compiled=compiled)
        if translator.not_compiled is None:
            for rows in (1, 5):
                times: dict[int, list[float]] = {length: [] for length in LENGTHS}
                for length in LENGTHS * arguments.rounds:
                    times[length].append(microseconds(translator.model, length, rows, apart=arguments.apart))
                short, long = (min(each) for each in times.values())
                name = f"{dtype} compiled" if compiled else dtype
                print(f"| {name} | {rows} | {short:,.0f} | {long:,.0f} | {long / short:.2f} (goal ≤ {GOAL}) |")


if __name__ == "__main__":
    main()
