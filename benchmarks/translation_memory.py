"""From a translation memory to a translator: what fine-tuning, training from scratch, and the memory alone are worth.

Takes the French catalogues out of packages (wheels with ``*/fr/LC_MESSAGES/*.po``), keeps every tenth source sentence
away, writes the others as a TMX, and does with it what ``docs/translation-memory.md`` says. Prints BLEU and chrF
on the sentences kept away, and the time of each step. Run with

    python benchmarks/translation_memory.py --wheels django-*.whl wagtail-*.whl --model MODEL --out FOLDER
"""

import argparse
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from regard.corpus import Pair, read_pairs
from regard.corpus.formats.po import po_spelled
from regard.corpus.split import source_key
from regard.documents import Memory
from regard.evaluation import evaluate

_EVERY = 10
_HEAD = '<tmx version="1.4">\n<header creationtool="regard" creationtoolversion="1" segtype="sentence" o-tmf="po" '
_HEADER_ENTRY = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: fr\\n"\n\n'


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True)
    kept, held = _prepare(given.wheels, given.out)
    print(f"{len(kept):,} pairs in the memory, {len(held):,} kept away", flush=True)
    rows = [_memory_row(kept, held, least) for least in (1.0, 0.9, 0.75, 0.5)]
    rows.append(_model_row("the model it began from, as it is", given.model, held, given.out / "before", 0.0))
    for name, more in _trainings(given.model):
        run = given.out / name
        seconds = _run(
            "train", "--source", given.out / "memory.tmx", "--out", run, "--max-minutes", given.minutes, *more
        )
        rows.append(_model_row(f"trained: {name}", run, held, given.out / f"{name}.json", seconds))
        print(_line(rows[-1]), flush=True)
    rows.append(_in_place_row(given.out, held))
    print("| | BLEU | chrF | reused | trained, s | translated, s |\n|---|---:|---:|---:|---:|---:|")
    print("\n".join(map(_line, rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, nargs="+", required=True)
    parser.add_argument("--model", type=Path, required=True, help="the model that fine-tuning begins from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10, help="of each training")
    return parser.parse_args()


def _prepare(wheels: Sequence[Path], out: Path) -> tuple[list[Pair], list[Pair]]:
    """The pairs of all catalogues, each source once; written as a memory, and as a catalogue without translations."""
    pairs: dict[str, Pair] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as packed:
            for name in sorted(each for each in packed.namelist() if each.endswith(".po") and "/fr/" in each):
                path = out / "catalogues" / wheel.stem / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(packed.read(name))
                for pair in read_pairs(path):
                    pairs.setdefault(source_key(pair.source), pair)
    chosen = {key for number, key in enumerate(sorted(pairs, key=_shuffled)) if number % _EVERY == 0}
    kept = [pair for key, pair in pairs.items() if key not in chosen]
    held = [pair for key, pair in pairs.items() if key in chosen]
    _write_tmx(kept, out / "memory.tmx")
    entries = (f'msgid {po_spelled((pair.source,))}\nmsgstr ""\n\n' for pair in held)
    (out / "rest.po").write_text(_HEADER_ENTRY + "".join(entries), encoding="utf-8")
    return kept, held


def _shuffled(key: str) -> str:
    return key[::-1]  # an order that has nothing to do with what stands beside it


def _write_tmx(pairs: Sequence[Pair], path: Path) -> None:
    units = (
        f'<tu><tuv xml:lang="en"><seg>{escape(pair.source)}</seg></tuv>'
        f'<tuv xml:lang="fr"><seg>{escape(pair.target)}</seg></tuv></tu>\n'
        for pair in pairs
    )
    head = f'{_HEAD}adminlang="en" srclang="en" datatype="plaintext"/>\n<body>\n'
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{"".join(units)}</body>\n</tmx>\n', encoding="utf-8"
    )


def _trainings(model: Path) -> Iterator[tuple[str, Sequence[object]]]:
    yield "fine-tuned", ("--init", model, "training.learning_rate=5e-4", "training.threads=1")
    yield "from-scratch", ("training.threads=1",)


def _run(*arguments: object) -> float:
    """Runs a command of Regard; the seconds it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "regard", *map(str, arguments)], check=True)
    return time.perf_counter() - began


def _memory_row(kept: Sequence[Pair], held: Sequence[Pair], least: float) -> Mapping[str, object]:
    memory = Memory(kept)
    began = time.perf_counter()
    found = [memory.exact(pair.source) or memory.similar(pair.source, at_least=least) for pair in held]
    seconds = time.perf_counter() - began
    guesses = [match.target if match else pair.source for match, pair in zip(found, held, strict=True)]
    share = sum(match is not None for match in found) / len(held)
    name = "the memory alone, exact" if least == 1 else f"the memory alone, {least:.0%} alike or more"
    return _row(name, guesses, held, translated=seconds, share=share)


def _model_row(name: str, model: Path, held: Sequence[Pair], aside: Path, trained: float) -> Mapping[str, object]:
    lines = aside.with_suffix(".source")
    lines.write_text("".join(f"{pair.source}\n" for pair in held), encoding="utf-8")
    answers = aside.with_suffix(".txt")
    seconds = _run("translate", model, lines, "--lines", "-o", answers, "--threads", 1)
    return _row(name, answers.read_text("utf-8").split("\n")[:-1], held, trained=trained, translated=seconds)


def _in_place_row(out: Path, held: Sequence[Pair]) -> Mapping[str, object]:
    """The catalogue filled as the page says: the memory first, then the model, placeholders kept."""
    seconds = _run(
        *("translate", out / "fine-tuned", out / "rest.po", "-o", out / "filled.po", "--memory", out / "memory.tmx"),
        *("--review", out / "review.csv", "--threads", 1),
    )
    text = (out / "filled.po").read_text("utf-8").replace("#, fuzzy\n", "")
    (out / "accepted.po").write_text(text, encoding="utf-8")
    found = {pair.source: pair.target for pair in read_pairs(out / "accepted.po")}
    guesses = [found.get(pair.source, "") for pair in held]
    return _row("memory, then fine-tuned model, in place", guesses, held, translated=seconds)


def _row(
    name: str,
    guesses: Sequence[str],
    held: Sequence[Pair],
    *,
    trained: float = 0.0,
    translated: float = 0.0,
    share: float | None = None,
) -> Mapping[str, object]:
    scores = evaluate(guesses, [[pair.target for pair in held]])
    values = {metric.lower(): score.value for metric, score in scores.items()}
    return {"name": name, **values, "share": share, "trained": trained, "translated": translated}


def _line(row: Mapping[str, object]) -> str:
    share = "" if row["share"] is None else f"{row['share']:.0%}"
    print(json.dumps(row), file=sys.stderr)
    return (
        f"| {row['name']} | {row['bleu']:.1f} | {row['chrf']:.1f} | {share} | {row['trained']:.0f} | "
        f"{row['translated']:.1f} |"
    )


if __name__ == "__main__":
    main()
