"""Does looking change the answer? 500 sentences, greedy and beam 5, translated with and without recording.

Without recording, the model translates as it always does, by whatever attention path its dispatcher chooses; with
recording, the plain path is pinned. Tokens may differ only where the two best candidates were nearer than MARGIN, as
log-probabilities: then rounding decides. Every check of every trace must hold, too. Sentences come from the built-in
corpus, and from Multi30k (flickr 2016) where $REGARD_DATA has it. With --write the figures go to benchmarks/recorded/.

    python benchmarks/recording_identity.py demo-model
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

import regard
from regard.corpus.builtin import generate
from regard.tracing import Trace
from regard.translator import Translator

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("REGARD_DATA", ROOT.parent / "shared" / "data"))
RECORD = ROOT / "benchmarks" / "recorded" / "recording_identity.json"
MARGIN = 1e-4
BEAMS = (1, 5)


def builtin_sentences(count: int) -> list[str]:
    return [pair.source for pair in generate(size=20_000, seed=1).test][:count]


def multi30k_sentences(count: int) -> list[str]:
    path = DATA / "multi30k" / "test_2016_flickr.en"
    return path.read_text(encoding="utf-8").split("\n")[:count] if path.exists() else []


def compare(translator: Translator, sentences: list[str], beam_size: int) -> dict[str, Any]:
    """How many translations are the same tokens, and how far everything else is off."""
    begin, differing, nearest, scores, failed = time.perf_counter(), [], [], [], Counter[str]()
    largest: dict[str, float] = {}
    for number, sentence in enumerate(sentences):
        alone = translator.translate(sentence, beam_size=beam_size, num_hypotheses=1)
        trace = translator.explain(sentence, beam_size=beam_size)
        recorded = tuple(token.piece for token in trace.tokens.target_out if token.kind != "eos")
        if recorded != alone.tokens:
            differing.append(number)
            nearest.append(margin(trace, alone.tokens, abs(trace.translation.score - alone.score), beam_size))
        scores.append(abs(trace.translation.score - alone.score))
        failed.update(check.name for check in trace.failed)
        for check in trace.checks:
            measured = np.inf if check.measured is None else check.measured
            largest[check.name] = max(largest.get(check.name, 0.0), measured)
    return {
        "sentences": len(sentences),
        "identical": len(sentences) - len(differing),
        "margins_of_the_others": nearest,
        "largest_difference_of_scores": max(scores, default=0.0),
        "failed_checks": dict(failed),
        "largest_deviations": largest,
        "seconds": round(time.perf_counter() - begin, 1),
    }


def margin(trace: Trace, other: tuple[str, ...], of_scores: float, beam_size: int) -> float:
    """How near the candidates were: at the first different token (greedy), or of the whole translations (beam)."""
    if beam_size > 1:
        return of_scores
    pairs = zip(trace.steps, (*other, "</s>"), strict=False)
    step = next(step for step, piece in pairs if step.piece != piece)
    return float(np.log(step.top[0].probability) - np.log(step.top[1].probability))


def measure(model: Path, count: int, threads: int) -> dict[str, Any]:
    translator = regard.load(model, threads=threads, device="cpu")
    results: dict[str, Any] = {}
    for name, sentences in (("built-in", builtin_sentences(count)), ("multi30k", multi30k_sentences(count))):
        for beam_size in BEAMS if sentences else ():
            result = results[f"{name}, beam {beam_size}"] = compare(translator, sentences, beam_size)
            print(f"{model.name}, {name}, beam {beam_size}: {json.dumps(result)}", flush=True)
    facts = translator.settings.model
    return {
        "model": f"{facts.encoder_layers}+{facts.decoder_layers} layers, {facts.num_heads} heads, {facts.model_dim}",
        "weights_sha256": translator.weights_sha256,
        "results": results,
    }


def is_good(result: dict[str, Any]) -> bool:
    """Identical, or near enough that rounding decides; and no check failed."""
    return not result["failed_checks"] and all(each <= MARGIN for each in result["margins_of_the_others"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", help="folders of trained models")
    parser.add_argument("--sentences", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RECORD.relative_to(ROOT)}")
    arguments = parser.parse_args()
    about: dict[str, Any] = {"margin": MARGIN, "threads": arguments.threads, "torch": str(torch.__version__)}
    about["cpu"] = torch.backends.cpu.get_cpu_capability()
    measured = [measure(model, arguments.sentences, arguments.threads) for model in arguments.models]
    if arguments.write:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(about | {"models": measured}, indent=1) + "\n", encoding="utf-8")
    if not all(is_good(result) for each in measured for result in each["results"].values()):
        sys.exit("looking changed an answer, or a check failed: see above")


if __name__ == "__main__":
    main()
