"""How fast is translating, compared with CTranslate2 and Hugging Face on the same weights, sentences and beam?

Cells (an engine, a type, a way of translating) run in turn, one process each, so that a disturbance hits all alike; a
finished cell is one line of JSON, and a run that is stopped goes on where it was. Rounds are kept short: each is one
call of this script with ``--round``. Times are wall-clock, in the best thread setting of each: two processes or workers
of one thread for batches; for a sentence alone one thread, two for our compiled code. Start-up (imports, loading) is
measured and not counted. If the model has a shortlist, it is CTranslate2's too, as its vocabulary map. Hugging Face
(``--hugging-face``, a converted folder) has an environment of its own, made here, both cores, and fewer sentences.

    python benchmarks/decode_throughput.py RUN --source test.en --ctranslate2 CONVERTED --out rounds.jsonl --round 1
    python benchmarks/decode_throughput.py --table rounds.jsonl
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "training_speed"))

from environments import python_of

_MAP = "map"
COMPILED = ("float32 compiled", "bfloat16 compiled", "int8 compiled")
OURS = ("float32", "bfloat16", "int8", *COMPILED)
THEIRS = ("float32", "int8")
WITHIN = tuple(f"{kind} shortlist" for kind in COMPILED)
MAPPED = tuple(f"{kind} map" for kind in THEIRS)
WAYS = ("greedy", "beam 5", "alone")
ALONE = 100
"""Sentences translated one by one."""
HUGGING_FACE = {"greedy": 320, "beam 5": 160, "alone": 20}
"""Sentences for Hugging Face, every third or so of all."""
THREADS_ALONE = 2
"""Of our compiled code. More than one make CTranslate2, and ours that is not compiled, slower."""
GOALS = {"greedy": 1.5, "beam 5": 2.0, "alone": 1.0}
"""Ours over theirs; for a sentence alone, theirs over ours in time."""


def cells() -> list[tuple[str, str, str]]:
    engines = [("regard", kind) for kind in OURS] + [("ctranslate2", kind) for kind in THEIRS]
    engines += [("regard", kind) for kind in WITHIN] + [("ctranslate2", kind) for kind in MAPPED]
    engines += [("hugging-face", "float32")]
    return [(engine, kind, way) for way in WAYS for engine, kind in engines]


def run_regard(arguments: argparse.Namespace, lines: list[str], kind: str, way: str) -> dict[str, Any]:
    begun = time.perf_counter()
    import torch

    from regard.translator import load
    from regard.translator.processes import Workers

    dtype, *how = kind.split()
    compiled, shortlist = "compiled" in how, "shortlist" in how
    threads = THREADS_ALONE if way == "alone" and compiled else 1
    torch.set_num_threads(threads)
    translator = load(arguments.model, dtype=dtype, threads=threads, compiled=compiled)
    if translator.not_compiled:
        raise SystemExit(translator.not_compiled)
    beam_size = 5 if way == "beam 5" else 1
    if way == "alone":
        translator.translate(lines[-1], beam_size=1, shortlist=shortlist)
        started = time.perf_counter() - begun
        return {"start_seconds": started} | _alone(
            lambda line: translator.translate(line, beam_size=1, shortlist=shortlist), lines
        )
    with Workers(translator, arguments.processes, beam_size=beam_size, shortlist=shortlist) as workers:
        list(workers.translate_lines(lines[:64]))
        started = time.perf_counter() - begun
        clock = time.perf_counter()
        found = list(workers.translate_lines(lines))
        seconds = time.perf_counter() - clock
    tokens = sum(len(each.tokens) + 1 for each in found)
    return {"start_seconds": started, "tokens": tokens, "seconds": seconds}


def run_ctranslate2(arguments: argparse.Namespace, lines: list[str], kind: str, way: str) -> dict[str, Any]:
    """From text to text as well: its users cut into pieces with SentencePiece."""
    begun = time.perf_counter()
    import ctranslate2
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(next(arguments.ctranslate2.glob("*.model"))))
    workers = 1 if way == "alone" else arguments.processes
    folder, (kind, *mapped) = arguments.ctranslate2, kind.split()
    folder = arguments.out.with_suffix(".map") if mapped else folder
    engine = ctranslate2.Translator(str(folder), compute_type=kind, inter_threads=workers, intra_threads=1)

    def translate(texts: list[str], beam_size: int, batch: int) -> list[list[str]]:
        cut = pieces.encode(texts, out_type=str)
        found = engine.translate_batch(
            cut,
            beam_size=beam_size,
            max_batch_size=batch,
            length_penalty=1.0,
            return_scores=True,
            use_vmap=bool(mapped),
        )
        best = [each.hypotheses[0] for each in found]
        pieces.decode(best)
        return best

    beam_size, batch = (5, 32) if way == "beam 5" else (1, 64)
    translate(lines[:64], beam_size, batch)
    started = time.perf_counter() - begun
    if way == "alone":
        return {"start_seconds": started} | _alone(lambda line: translate([line], 1, 1), lines)
    clock = time.perf_counter()
    found = translate(lines, beam_size, batch)
    seconds = time.perf_counter() - clock
    return {"start_seconds": started, "tokens": sum(len(each) + 1 for each in found), "seconds": seconds}


def write_map(arguments: argparse.Namespace) -> None:
    """Our shortlist as CTranslate2's vocabulary map, in a copy of its folder: a piece, a tab, its translations."""
    from regard.bundle import load_bundle

    folder = arguments.out.with_suffix(".map")
    shortlist = load_bundle(arguments.model).shortlist
    if folder.exists() or shortlist is None:
        return
    shutil.copytree(arguments.ctranslate2, folder)
    names = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
    lines = ["\t" + " ".join(names[piece] for piece in shortlist.frequent)]
    for piece, name in enumerate(names):
        given = shortlist.translations[shortlist.first[piece] : shortlist.first[piece + 1]]
        lines.append(f"{name}\t" + " ".join(names[each] for each in {piece, *given.tolist()}))
    (folder / "vmap.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run_hugging_face(arguments: argparse.Namespace, lines: list[str], _kind: str, way: str) -> dict[str, Any]:
    """``generate`` as its users call it, with both cores and sentences sorted by length."""
    begun = time.perf_counter()
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    torch.set_num_threads(arguments.processes)
    tokenizer = AutoTokenizer.from_pretrained(arguments.hugging_face)
    model = AutoModelForSeq2SeqLM.from_pretrained(arguments.hugging_face, dtype=torch.float32).eval()
    chosen = lines[:: max(1, len(lines) // HUGGING_FACE[way])][: HUGGING_FACE[way]]
    beam_size, batch = (5, 32) if way == "beam 5" else (1, 64)

    def translate(texts: list[str]) -> int:
        given = tokenizer(texts, return_tensors="pt", padding=True)
        with torch.inference_mode():
            found = model.generate(**given, num_beams=beam_size, max_new_tokens=100, do_sample=False)
        tokenizer.batch_decode(found, skip_special_tokens=True)
        is_end = (found[:, 1:] == tokenizer.eos_token_id).int()
        return int((is_end.cumsum(1) - is_end == 0).sum())

    translate(chosen[:8])
    started = time.perf_counter() - begun
    if way == "alone":
        return {"start_seconds": started} | _alone(lambda line: translate([line]), chosen)
    clock, ordered = time.perf_counter(), sorted(chosen, key=len)
    tokens = sum(translate(ordered[first : first + batch]) for first in range(0, len(ordered), batch))
    return {"start_seconds": started, "tokens": tokens, "seconds": time.perf_counter() - clock}


def _alone(translate: Any, lines: list[str]) -> dict[str, Any]:
    milliseconds = []
    for line in lines[:ALONE]:
        clock = time.perf_counter()
        translate(line)
        milliseconds.append(1000 * (time.perf_counter() - clock))
    milliseconds.sort()
    return {"p50_ms": median(milliseconds), "p95_ms": milliseconds[int(0.95 * len(milliseconds))]}


def one_cell(arguments: argparse.Namespace) -> None:
    if arguments.cell == _MAP:
        write_map(arguments)
        return
    engine, kind, way = arguments.cell.split("/")
    lines = arguments.source.read_text(encoding="utf-8").splitlines()[: arguments.sentences]
    run = {"regard": run_regard, "ctranslate2": run_ctranslate2, "hugging-face": run_hugging_face}
    result = run[engine](arguments, lines, kind, way)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(result | {"peak_mb": round(peak / 1024)}))


def one_round(arguments: argparse.Namespace) -> None:
    done = {(each["round"], each["cell"]) for each in read(arguments.out)}
    # In a process of its own: a child's peak memory begins with its parent's.
    subprocess.run([sys.executable, __file__, *sys.argv[1:], "--cell", _MAP], check=True)
    left_out = ("hugging-face",) if arguments.hugging_face is None else ()
    left_out += () if arguments.out.with_suffix(".map").exists() else ("shortlist", "map")
    for cell in map("/".join, cells()):
        wanted = not arguments.only or any(part in cell for part in arguments.only)
        wanted = wanted and not any(part in cell for part in left_out)
        if not wanted or (arguments.round, cell) in done:
            continue
        python = python_of("hugging-face", arguments.cache / "environments") if "hugging" in cell else sys.executable
        command = [str(python), __file__, *sys.argv[1:], "--cell", cell]
        answer = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        line = {"round": arguments.round, "cell": cell} | json.loads(answer.stdout.splitlines()[-1]) | machine()
        with arguments.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(cell, {name: round(value, 2) for name, value in json.loads(answer.stdout.splitlines()[-1]).items()})


def machine() -> dict[str, str]:
    from importlib.metadata import version

    return {
        "torch": version("torch"),
        "ctranslate2": version("ctranslate2"),
        "python": platform.python_version(),
        "cores": str(len(os.sched_getaffinity(0))),
    }


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def table(path: Path) -> str:
    """Medians of the rounds, and what is asked of them."""
    by_cell: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in read(path):
        by_cell[line["cell"]].append(line)
    rows = ["| engine, type | greedy, tok/s | beam 5, tok/s | one sentence, p50 / p95 ms | start, s | peak, MB |"]
    rows.append("|---|---|---|---|---|---|")
    for engine, kind in dict.fromkeys(cell[:2] for cell in cells()):
        found = {way: by_cell.get(f"{engine}/{kind}/{way}", []) for way in WAYS}
        batch = [f"{_speed(found[way]):,.0f}" if found[way] else "–" for way in WAYS[:2]]
        alone = found["alone"]
        times = f"{_median(alone, 'p50_ms'):.1f} / {_median(alone, 'p95_ms'):.1f}" if alone else "–"
        start = f"{_median(alone, 'start_seconds'):.1f}" if alone else "–"
        peak = f"{_median(found['greedy'], 'peak_mb'):,.0f}" if found["greedy"] else "–"
        rows.append(f"| {engine} {kind} | {' | '.join(batch)} | {times} | {start} | {peak} |")
    return "\n".join([*rows, "", *_ratios(by_cell)])


def _ratios(by_cell: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The best of ours over the best of theirs, by the medians of all rounds."""
    lines = []
    for way in WAYS:
        best = {}
        for engine, kinds in (("regard", OURS), ("ctranslate2", THEIRS), ("hugging-face", ("float32",))):
            found = [by_cell[f"{engine}/{kind}/{way}"] for kind in kinds if f"{engine}/{kind}/{way}" in by_cell]
            if found:
                best[engine] = max(map(_speed, found))
        if len(best) >= 2:
            rounds = min(len(cell) for name, cell in by_cell.items() if name.endswith(way))
            ratio = best["regard"] / best["ctranslate2"]
            more = f"; {best['regard'] / best['hugging-face']:.1f}× Hugging Face" if "hugging-face" in best else ""
            lines.append(f"* {way}: {ratio:.2f}× their best (goal {GOALS[way]}×; medians of {rounds} rounds){more}")
    return lines


def _speed(found: list[dict[str, Any]]) -> float:
    """Tokens per second, or sentences per second for sentences alone."""
    return median(each["tokens"] / each["seconds"] if "tokens" in each else 1000 / each["p50_ms"] for each in found)


def _median(found: list[dict[str, Any]], name: str) -> float:
    return float(median(each[name] for each in found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--source", type=Path)
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--ctranslate2", type=Path, help="the folder of `regard convert --to ctranslate2`")
    parser.add_argument("--hugging-face", type=Path, help="the folder of `regard convert --to transformers`")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "regard-benchmarks")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("decode-throughput.jsonl"))
    parser.add_argument("--round", type=int, default=1)
    parser.add_argument("--only", nargs="+", help="cells whose name contains one of these")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    if arguments.table is not None:
        print(table(arguments.table))
    elif arguments.cell is not None:
        one_cell(arguments)
    else:
        one_round(arguments)


if __name__ == "__main__":
    main()
