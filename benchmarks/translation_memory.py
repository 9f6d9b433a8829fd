"""From a translation memory to a translator: what fine-tuning, training from scratch, and the memory alone are worth.

Takes the French catalogues out of packages (wheels with ``*/fr/LC_MESSAGES/*.po``), keeps every tenth source sentence
away, writes the others as a TMX, and does with it what ``docs/translation-memory.md`` says: a model is fine-tuned, a
new one gets the same number of updates, and another new one three times as many. BLEU and chrF of the sentences kept
away go to the record, and from there into the page's table. Stopped at any time, it goes on where it was. Run with

    python benchmarks/translation_memory.py --wheels django-*.whl wagtail-*.whl --model MODEL --out FOLDER
    python benchmarks/translation_memory.py --page        # only writes the table anew, from the record
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from regard.corpus import Pair, read_pairs
from regard.corpus.formats.po import po_spelled
from regard.corpus.split import source_key
from regard.documents import Memory
from regard.evaluation import evaluate

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs/translation-memory.md"
RECORD: Final = ROOT / "benchmarks/recorded/translation_memory.json"
_TABLE: Final = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end -->)", re.DOTALL)
_EVERY: Final = 10
_HEAD: Final = (
    '<tmx version="1.4">\n<header creationtool="regard" creationtoolversion="1" segtype="sentence" o-tmf="po" '
)
_HEADER_ENTRY: Final = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: fr\\n"\n\n'

Row = Mapping[str, Any]


def main() -> None:
    given = _arguments()
    if not given.page:
        measure(given.wheels, given.model, given.out, given.updates)
    PAGE.write_text(written(PAGE.read_text("utf-8")), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, help="the model that fine-tuning begins from")
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--updates", type=int, default=800, help="of fine-tuning, and of the first training from scratch"
    )
    parser.add_argument("--page", action="store_true", help="measure nothing")
    given = parser.parse_args()
    if not given.page and not (given.wheels and given.model and given.out):
        parser.error("--wheels, --model and --out are needed, or --page")
    return given


def measure(wheels: Sequence[Path], model: Path, out: Path, updates: int) -> None:
    """Trains what is not trained yet, scores everything, and records it."""
    out.mkdir(parents=True, exist_ok=True)
    kept, held = _prepare(wheels, out)
    print(f"{len(kept):,} pairs in the memory, {len(held):,} kept away", flush=True)
    rows = [_row("nothing: the source as it is", [pair.source for pair in held], held)]
    rows += [_memory_row(kept, held, least) for least in (0.9, 0.75, 0.5)]
    rows.append(_model_row("the model it began from, as it is", model, held, out / "before"))
    for name, label, run, more in _trainings(model, out, updates):
        facts = _trained(run, out / "memory.tmx", more)
        rows.append(_model_row(label.format(**facts), run, held, out / name) | facts)
    rows.append(_in_place_row(out, held))
    record = {"memory": len(kept), "kept_away": len(held), "updates": updates, "rows": rows}
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def written(text: str) -> str:
    """The page with the table of the record."""
    rows = json.loads(RECORD.read_text("utf-8"))["rows"]
    return _TABLE.sub(lambda _: "\n".join(_table(rows)) + "\n", text)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what translated the messages | BLEU | chrF | from the memory | seconds of training |"
    yield "|---|---:|---:|---:|---:|"
    for row in rows:
        share = f"{row['share']:.0%}" if "share" in row else ""
        seconds = f"{row['seconds']:,.0f}" if "seconds" in row else ""
        yield f"| {row['name']} | {row['bleu']:.1f} | {row['chrf']:.1f} | {share} | {seconds} |"


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


def _trainings(model: Path, out: Path, updates: int) -> Iterator[tuple[str, str, Path, Sequence[object]]]:
    """Name, label, folder and options of each; every one has one thread."""
    tuned = ("--init", model, "training.learning_rate=1e-3", f"training.max_steps={updates}")
    yield "fine-tuned", "fine-tuned, {updates:,} updates", out / "fine-tuned", tuned
    label = "trained from scratch, {updates:,} updates"
    yield "from-scratch", label, out / "from-scratch", (f"training.max_steps={updates}",)
    yield "from-scratch-longer", label, out / "from-scratch-longer", (f"training.max_steps={3 * updates}",)


def _trained(run: Path, memory: Path, more: Sequence[object]) -> dict[str, Any]:
    """Trains, or goes on where an earlier call was stopped; how many updates there were, and what they took."""
    if run.exists():
        _run("train", "--resume", run)
    else:
        _run("train", "--source", memory, "--out", run, "training.threads=1", *more)
    lines = map(json.loads, (run / "log.jsonl").read_text("utf-8").splitlines())
    last = [line for line in lines if line["kind"] == "step"][-1]
    return {"updates": last["step"], "seconds": round(last["elapsed_seconds"], 1)}


def _run(*arguments: object) -> None:
    """Runs a command of Regard."""
    subprocess.run([sys.executable, "-m", "regard", *map(str, arguments)], check=True)


def _memory_row(kept: Sequence[Pair], held: Sequence[Pair], least: float) -> dict[str, Any]:
    memory = Memory(kept)
    found = [memory.exact(pair.source) or memory.similar(pair.source, at_least=least) for pair in held]
    share = sum(match is not None for match in found) / len(held)
    guesses = [match.target if match else pair.source for match, pair in zip(found, held, strict=True)]
    return _row(f"the memory alone, {least:.0%} alike or more, the source for the rest", guesses, held) | {
        "share": round(share, 4)
    }


def _model_row(name: str, model: Path, held: Sequence[Pair], aside: Path) -> dict[str, Any]:
    lines, answers = aside.with_suffix(".source"), aside.with_suffix(".txt")
    lines.write_text("".join(f"{pair.source}\n" for pair in held), encoding="utf-8")
    answers.unlink(missing_ok=True)
    _run("translate", model, lines, "--lines", "-o", answers, "--threads", 1)
    return _row(name, answers.read_text("utf-8").split("\n")[:-1], held)


def _in_place_row(out: Path, held: Sequence[Pair]) -> dict[str, Any]:
    """The catalogue filled as the page says: the memory first, then the model, placeholders kept."""
    filled, review = out / "filled.po", out / "review.csv"
    for left in (filled, review):
        left.unlink(missing_ok=True)
    memory = ("--memory", out / "memory.tmx", "--review", review)
    _run("translate", out / "fine-tuned", out / "rest.po", "-o", filled, *memory, "--threads", 1)
    accepted = out / "accepted.po"
    accepted.write_text(filled.read_text("utf-8").replace("#, fuzzy\n", ""), encoding="utf-8")
    found = {pair.source: pair.target for pair in read_pairs(accepted)}
    with review.open(encoding="utf-8", newline="") as file:
        outcomes = Counter(row["how"] for row in csv.DictReader(file))
    reused = sum(count for how, count in outcomes.items() if how.startswith("memory"))
    row = _row(
        "**the memory first, then the fine-tuned model, in place**", [found.get(pair.source, "") for pair in held], held
    )
    return row | {"share": round(reused / len(held), 4), "outcomes": dict(outcomes)}


def _row(name: str, guesses: Sequence[str], held: Sequence[Pair]) -> dict[str, Any]:
    scores = evaluate(guesses, [[pair.target for pair in held]])
    found = {metric: round(scores[metric].value, 2) for metric in ("bleu", "chrf")}
    print(name, found, flush=True)
    return {"name": name, **found}


if __name__ == "__main__":
    main()
