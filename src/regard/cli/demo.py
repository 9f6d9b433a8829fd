"""``regard demo``: a translator trained from nothing in minutes, scored, and tried on the textbook's sentences."""

import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import count as counting
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.number import number_from
from regard.cli.progress import progress_reporter
from regard.cli.scoring import score
from regard.cli.show import count
from regard.cli.train import refuse_existing_folder, telling_how_to_resume

if TYPE_CHECKING:
    from regard.corpus import Pair
    from regard.corpus.builtin import BuiltinPair
    from regard.runs.data import RunData
    from regard.settings import Settings
    from regard.translator import Translator

DEFAULT_OUT = Path("demo-model")
DEFAULT_MINUTES = 2.75
WATCHED = "I love you."
EXPLAINED = "The cat chased the dog."
REPORT = "attention.html"
TEXTBOOK = "textbook"
ENOUGH_UPDATES = 1000  # score 79 BLEU; 500 score 53, and what 200 give is no French

# What a few minutes are spent on best: few subwords, few layers and small batches, so that there are many updates.
TUNED = (
    "text.vocab_size=2000",
    "model.encoder_layers=2",
    "model.decoder_layers=2",
    "training.batch_tokens=2048",
    "training.learning_rate=3e-3",
    "training.warmup_steps=150",
    "training.valid_sentences=200",
)


def demo(
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The folder of the model; must not exist yet.", show_default=str(DEFAULT_OUT)),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes", parser=number_from(0, is_allowed=False), metavar="NUMBER", help="Train about so long."
        ),
    ] = DEFAULT_MINUTES,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same run.")] = 1,
) -> None:
    """Train a small translator and try it."""
    folder = refuse_existing_folder(out) if out else first_free(DEFAULT_OUT)
    settings = _settings(minutes, seed)
    _heading(f"English → French in {minutes:g} minutes, from sentences that Regard makes up itself")
    data, updates = _train(settings, folder)
    if updates < ENOUGH_UPDATES:
        _heading(_why_so_bad(updates, minutes))
    from regard.translator import load

    translator = load(folder)
    _heading("Sentences it has never seen")
    _score(translator, data.test)
    _heading("Sentences of the textbook")
    _try(translator)
    _heading(f"“{WATCHED}”, word by word")
    _watch(translator)
    _heading(f"The model is in {folder}. What to type next:")
    typer.echo("\n".join(next_commands(folder)))
    _heading(f"“{EXPLAINED}”, from the inside")
    _explain(translator, folder / REPORT)


def _settings(minutes: float, seed: int) -> "Settings":
    from regard.settings import load_settings

    given = [f"training.max_minutes={minutes}", f"training.seed={seed}"]
    return load_settings(None, [*TUNED, *given], preset="tiny")


def _train(settings: "Settings", folder: Path) -> "tuple[RunData, int]":
    """Makes the sentences once, for training and for the score; gives them, and how many updates were made."""
    from regard.runs import train
    from regard.runs.data import read_data

    data = read_data(settings.data)
    with telling_how_to_resume(folder), progress_reporter() as reporter:
        result = train(settings, folder, reporter=reporter, data=data)
    return data, result.steps


def _why_so_bad(updates: int, minutes: float) -> str:
    needed = math.ceil(minutes * ENOUGH_UPDATES / max(updates, 1))
    return (
        f"{count(updates)} updates are too few for good French; some {count(ENOUGH_UPDATES)} are enough. If this\n"
        "computer is busy with something else, try again when it is not, or give it time:\n\n"
        f"  {_regard()} demo --minutes {needed}"
    )


def _score(translator: "Translator", test: "Sequence[Pair]") -> None:
    scored = score(translator, [pair.source for pair in test], [pair.target for pair in test])
    typer.echo("\n".join(f"  {line}" for line in scored.lines()))


def first_free(folder: Path) -> Path:
    """``demo-model``, or ``demo-model-2`` … if that is taken: what somebody trained is never overwritten."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in counting(2))
    return folder if not folder.exists() else next(name for name in names if not name.exists())


def _heading(text: str) -> None:
    typer.echo(f"\n{text}\n")


def _try(translator: "Translator") -> None:
    """Each sentence with its translation; where that is not among the expected ones, with the reference too."""
    pairs = _textbook()
    answers = translator.translate([pair.source for pair in pairs])
    width = max(len(pair.source) for pair in pairs)
    for pair, answer in zip(pairs, answers, strict=True):
        right = answer.text in (pair.target, *pair.alternatives)
        comment = "✓" if right else f"✗ expected: {pair.target}"
        typer.echo(f"  {pair.source:<{width}}  →  {answer.text}  {comment}")


def _textbook() -> "list[BuiltinPair]":
    from regard.corpus.builtin.everyday import everyday_pairs

    return [pair for pair in everyday_pairs() if pair.structure == TEXTBOOK]


def _watch(translator: "Translator") -> None:
    """The translation after each piece that search chose."""
    for so_far in growing(translator.stream(WATCHED)):
        typer.echo(f"  {so_far}")


def _explain(translator: "Translator", path: Path) -> None:
    """A page with every step of every attention of one translation."""
    trace = translator.explain(EXPLAINED)
    size = trace.to_html(path)
    typer.echo(f"  {trace.translation}")
    typer.echo(f"  Every layer and head, step by step, in a file for your browser ({size / 1000:.0f} kB):")
    typer.echo(f"  {path.resolve()}")


def growing(pieces: Iterator[str]) -> Iterator[str]:
    """The text so far, after each piece that shows."""
    text = ""
    for piece in pieces:
        text += piece
        if piece.strip():
            yield text


def _regard() -> str:
    return "regard" if shutil.which("regard") else sys.argv[0]


def next_commands(folder: Path) -> list[str]:
    """Commands to try, as this person can type them here."""
    regard = _regard()
    return [
        f'  echo "The cat sleeps." | {regard} translate {folder}',
        f"  {regard} translate {folder} --stream",
        f"  {regard} evaluate {folder}",
        f"  {regard} train --source MY.en --target MY.fr --out MY-MODEL",
    ]
