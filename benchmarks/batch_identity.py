"""Does a sentence's translation depend on its neighbours? 2,000 sentences in float32, alone and in other company.

Alone is what everything is compared with. Then: batches as ``translate`` makes them; small batches; sentences in
another order; compiled, alone and in batches. Products of matrices may add up in another order when they have more
rows, so greedy search may take the other of two tokens that are almost equally probable; a difference counts as
explained where the two were nearer than MARGIN, as log-probabilities. Beam search is asked the same of whole
hypotheses. Compiled, a row does not depend on its neighbours at all, so those two must be equal to the bit. With
--write the figures go to benchmarks/recorded/. Ends with 3 if fewer than LEAST are identical, or one is not explained.

    python benchmarks/batch_identity.py MODEL --source sentences.en
"""

import argparse
import json
import platform
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import regard
from regard.batches import rectangle
from regard.decoding import Hypothesis, score_ids, translate_ids
from regard.decoding.choice import log_probabilities
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

RECORD = Path(__file__).resolve().parent / "recorded" / "batch_identity.json"
MARGIN = 1e-4
LEAST = 0.999

Ids = list[int]
Found = list[Hypothesis]


def translated(model: Any, sources: Sequence[Ids], beam_size: int, **changes: object) -> Found:
    settings = DecodingSettings.model_validate({"beam_size": beam_size} | changes)
    return [each[0] for each in translate_ids(model, sources, settings)]


def in_other_order(model: Any, sources: Sequence[Ids], beam_size: int) -> Found:
    """In batches of sentences whose neighbours are chosen at random."""
    order = random.Random(1).sample(range(len(sources)), len(sources))
    found: dict[int, Hypothesis] = {}
    for first in range(0, len(order), 37):
        picked = order[first : first + 37]
        found |= zip(picked, translated(model, [sources[each] for each in picked], beam_size), strict=True)
    return [found[each] for each in range(len(sources))]


@torch.inference_mode()
def margin_of_tokens(model: Any, source: Ids, one: Hypothesis, other: Hypothesis) -> float:
    """How far apart the two tokens are where two translations part."""
    first, second = ([*each.ids, EOS] for each in (one, other))
    place = next(n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    logits = model.score(*rectangle([[*source, EOS]]), *rectangle([[BOS, *first[:place]]]))
    at_fork = log_probabilities(logits[0, -1:])[0]
    return abs(float(at_fork[first[place]] - at_fork[second[place]]))


def margin_of_hypotheses(model: Any, source: Ids, one: Hypothesis, other: Hypothesis) -> float:
    both = score_ids(model, [source] * 2, [list(one.ids), list(other.ids)], DecodingSettings())
    return abs(both[0].score - both[1].score)


def compared(model: Any, sources: Sequence[Ids], expected: Found, found: Found, beam_size: int) -> dict[str, Any]:
    differing = [n for n, (one, other) in enumerate(zip(expected, found, strict=True)) if one.ids != other.ids]
    margin_of = margin_of_tokens if beam_size == 1 else margin_of_hypotheses
    margins = [margin_of(model, sources[n], expected[n], found[n]) for n in differing]
    scores = [abs(a.score - b.score) for a, b in zip(expected, found, strict=True) if a.ids == b.ids]
    return {
        "identical": len(sources) - len(differing),
        "sentences": len(sources),
        "margins": margins,
        "largest_score_difference": max(scores, default=0.0),
    }


def figures(arguments: argparse.Namespace) -> dict[str, Any]:
    usual, compiled = (regard.load(arguments.model, compiled=each, threads=1) for each in (False, True))
    lines = [line for file in arguments.source for line in file.read_text(encoding="utf-8").splitlines()]
    sources = [usual.tokenizer.encode(line.strip()) for line in lines[: arguments.sentences]]
    rows: dict[str, Any] = {}
    for beam_size in (1, 5):
        alone = translated(usual.model, sources, beam_size, deterministic=True)
        others = {
            "batches": translated(usual.model, sources, beam_size),
            "small batches": translated(usual.model, sources, beam_size, batch_tokens=512),
            "another order": in_other_order(usual.model, sources, beam_size),
        }
        if compiled.not_compiled is None:
            single = translated(compiled.model, sources, beam_size, deterministic=True)
            others["compiled, alone"] = single
            rows[f"compiled, beam {beam_size}: alone and in batches"] = {
                "bit_equal": single == translated(compiled.model, sources, beam_size)
            }
        for name, found in others.items():
            rows[f"beam {beam_size}: {name}"] = compared(usual.model, sources, alone, found, beam_size)
    return {"torch": torch.__version__, "python": platform.python_version(), "margin": MARGIN, "rows": rows}


def is_kept(row: dict[str, Any]) -> bool:
    if "bit_equal" in row:
        return bool(row["bit_equal"])
    return row["identical"] >= LEAST * row["sentences"] and all(margin < MARGIN for margin in row["margins"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--source", type=Path, nargs="+", required=True)
    parser.add_argument("--sentences", type=int, default=2000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found = figures(arguments)
    if arguments.write:
        RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, row in found["rows"].items():
        print("kept  " if is_kept(row) else "BROKEN", name, row)
    sys.exit(0 if all(map(is_kept, found["rows"].values())) else 3)


if __name__ == "__main__":
    main()
