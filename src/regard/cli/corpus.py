"""``regard corpus``: look a corpus over, clean it, split it, draw from it; write the built-in one, or fetch one."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.corpus_get import get
from regard.cli.exits import guarded
from regard.cli.number import number_from
from regard.cli.options import SourceColumnOption, SourceLanguageOption, TargetColumnOption, TargetLanguageOption
from regard.cli.output import text_output
from regard.cli.show import count, printable

if TYPE_CHECKING:
    from regard.corpus import Reading, Rules

app = typer.Typer(
    name="corpus",
    help="Check, clean, split or sample sentence pairs; write the built-in ones, or fetch public ones.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="Source sentences, or one file with both sides (.tsv, .jsonl, .tmx, .po, .mo, .xlf, .csv, .parquet …); "
        "any file may end in .gz; a folder, or 'x/*.tsv', stands for its files; - reads a table from standard input.",
        show_default=False,
    ),
]
TargetArgument = Annotated[
    Path | None, typer.Argument(metavar="[TARGET]", help="Their translations, line by line.", show_default=False)
]
OutOption = Annotated[Path, typer.Option("--out", help="The folder to make; must not exist yet.", show_default=False)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same choice.")]
RatioOption = Annotated[
    float,
    typer.Option(
        "--max-ratio",
        parser=number_from(1),
        metavar="NUMBER",
        help="How much longer than usual one side may be, as a factor.",
    ),
]
CharactersOption = Annotated[int, typer.Option("--max-characters", min=1, help="The longest side allowed.")]
KeepSeenOption = Annotated[bool, typer.Option("--keep-seen", help="Keep pairs that occurred before.")]
KeepSameOption = Annotated[bool, typer.Option("--keep-same", help="Keep pairs whose sides are the same.")]
NoAlignmentOption = Annotated[
    bool, typer.Option("--no-alignment-check", help="Do not look for sides that shift against each other.")
]


def check(
    source: SourceArgument,
    target: TargetArgument = None,
    *,
    source_language: SourceLanguageOption = None,
    target_language: TargetLanguageOption = None,
    source_column: SourceColumnOption = None,
    target_column: TargetColumnOption = None,
    max_ratio: RatioOption = 3.0,
    max_characters: CharactersOption = 2000,
    keep_seen: KeepSeenOption = False,
    keep_same: KeepSameOption = False,
    no_alignment_check: NoAlignmentOption = False,
) -> None:
    """Say what is wrong with a corpus, and where. Ends with exit code 2 if the files are damaged."""
    from regard.corpus import check_corpus
    from regard.corpus.check import require_sound

    rules = _rules(max_ratio, max_characters, keep_seen=keep_seen, keep_same=keep_same, shifts=not no_alignment_check)
    reading = _reading((source, target), (source_language, target_language), (source_column, target_column))
    result = check_corpus(source, target, rules=rules, reading=reading)
    _say(result.lines())
    require_sound(result)


def clean(
    source: SourceArgument,
    target: TargetArgument = None,
    *,
    out: OutOption,
    source_language: SourceLanguageOption = None,
    target_language: TargetLanguageOption = None,
    source_column: SourceColumnOption = None,
    target_column: TargetColumnOption = None,
    max_ratio: RatioOption = 3.0,
    max_characters: CharactersOption = 2000,
    keep_seen: KeepSeenOption = False,
    keep_same: KeepSameOption = False,
    no_alignment_check: NoAlignmentOption = False,
) -> None:
    """Write the pairs that are fit to learn from, and beside them those that are not, with reasons."""
    from regard.corpus import clean_corpus

    rules = _rules(max_ratio, max_characters, keep_seen=keep_seen, keep_same=keep_same, shifts=not no_alignment_check)
    reading = _reading((source, target), (source_language, target_language), (source_column, target_column))
    report = clean_corpus(source, target, out=out, rules=rules, reading=reading)
    _say([*report.lines(), f"written to {out}; what was left out is in dropped.jsonl there"])


def split(
    source: SourceArgument,
    target: TargetArgument = None,
    *,
    out: OutOption,
    source_language: SourceLanguageOption = None,
    target_language: TargetLanguageOption = None,
    source_column: SourceColumnOption = None,
    target_column: TargetColumnOption = None,
    valid: Annotated[int, typer.Option("--valid", min=0, help="Pairs held out for validation.")] = 1000,
    test: Annotated[int, typer.Option("--test", min=0, help="Pairs held out for testing.")] = 1000,
    seed: SeedOption = 1,
) -> None:
    """Split a corpus so that no source sentence is in two splits."""
    from regard.corpus import split_corpus

    reading = _reading((source, target), (source_language, target_language), (source_column, target_column))
    sizes = split_corpus(source, target, out=out, valid=valid, test=test, seed=seed, reading=reading)
    _say(
        [f"{count(sizes.train)} train, {count(sizes.valid)} valid and {count(sizes.test)} test pairs written to {out}"]
    )


def sample(
    source: SourceArgument,
    target: TargetArgument = None,
    *,
    size: Annotated[int, typer.Option("--size", min=1, help="How many pairs.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to make.", show_default="print a table")] = None,
    source_language: SourceLanguageOption = None,
    target_language: TargetLanguageOption = None,
    source_column: SourceColumnOption = None,
    target_column: TargetColumnOption = None,
    seed: SeedOption = 1,
) -> None:
    """Draw pairs by chance, to look at them or to try something on a few."""
    from regard.corpus import sample_corpus, sample_pairs
    from regard.corpus.shards import read_corpus

    reading = _reading((source, target), (source_language, target_language), (source_column, target_column))
    if out is not None:
        drawn = sample_corpus(source, target, out=out, size=size, seed=seed, reading=reading)
        _say([f"{count(drawn)} pairs written to {out}"])
        return
    with text_output(None) as write:
        for pair in sample_pairs(read_corpus(source, target, reading=reading), size, seed=seed):
            write(f"{_cell(pair.source)}\t{_cell(pair.target)}\n")


def builtin(
    *,
    out: OutOption,
    size: Annotated[int, typer.Option("--size", min=1, help="Pairs of train, valid and test together.")] = 20_000,
    seed: SeedOption = 0,
) -> None:
    """Write the corpus that comes with Regard: English sentences from a grammar, with French and word alignments."""
    from regard.corpus.write_builtin import write_builtin

    sizes = write_builtin(out, size=size, seed=seed)
    _say([f"{name}: {count(pairs)} pairs" for name, pairs in sizes.items()] + [f"written to {out}"])


def _reading(
    files: tuple[Path, Path | None], languages: tuple[str | None, str | None], columns: tuple[str | None, str | None]
) -> "Reading":
    """What is asked of the files; columns are refused where none of the files has any."""
    from regard.corpus import Reading
    from regard.corpus.shards import require_columns

    if any(column is not None for column in columns):
        require_columns(*files)
    return Reading(*languages, *columns)


def _rules(max_ratio: float, max_characters: int, *, keep_seen: bool, keep_same: bool, shifts: bool) -> "Rules":
    from regard.corpus import Rules

    return Rules(
        max_ratio=max_ratio,
        max_characters=max_characters,
        drop_seen=not keep_seen,
        drop_same=not keep_same,
        check_alignment=shifts,
    )


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(printable(line))


def _cell(sentence: str) -> str:
    """A sentence as it is shown in a table: without tabs, line feeds and whatever else moves the cursor."""
    return printable(sentence.replace("\t", " ").replace("\n", " "))


for _command in (check, clean, split, sample, builtin, get):
    app.command()(guarded(_command))
