"""``regard lab compare A B``: two networks, or any two settings, on the same data, subwords and budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.number import number_from
from regard.cli.progress import progress_reporter
from regard.cli.train import (
    Given,
    Overrides,
    Source,
    SourceLanguage,
    Target,
    TargetLanguage,
    ValidSource,
    ValidTarget,
    overrides_of,
)
from regard.errors import InputError
from regard.launch import num_cores

if TYPE_CHECKING:
    from regard.lab.comparison import Budget, ScoredSet

_DEFAULT_MINUTES = 15.0

First = Annotated[str, typer.Argument(metavar="A", help="A preset, or a .toml file of settings.", show_default=False)]
Second = Annotated[str, typer.Argument(metavar="B", help="Another, or the same.", show_default=False)]
TestSource = Annotated[
    Path | None,
    typer.Option("--test-source", help="Sentences to score; a .tsv file holds both sides.", show_default=False),
]
TestTarget = Annotated[
    Path | None, typer.Option("--test-target", help="Their reference translations.", show_default=False)
]
Tokenised = Annotated[
    Path | None,
    typer.Option(
        "--tokenised-target",
        help="The references in Moses tokens and lower case, to score as papers do.",
        show_default=False,
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes",
        parser=number_from(0, is_allowed=False),
        metavar="NUMBER",
        help="Each training gets the updates so many minutes are worth.",
        show_default="15",
    ),
]
Tokens = Annotated[
    int | None,
    typer.Option("--tokens", min=1, help="Each training gets so many tokens instead.", show_default=False),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, help="CPU threads of paces and clocks; all cores if not given.", show_default=False
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PART",
        help="Measure only this: pace, training, quality, memory or clocks; may be repeated.",
        show_default=False,
    ),
]


def compare(
    first: First,
    second: Second,
    overrides: Overrides = None,
    *,
    source: Source = None,
    target: Target = None,
    valid_source: ValidSource = None,
    valid_target: ValidTarget = None,
    source_language: SourceLanguage = None,
    target_language: TargetLanguage = None,
    test_source: TestSource = None,
    test_target: TestTarget = None,
    tokenised_target: Tokenised = None,
    seeds: Annotated[str, typer.Option("--seeds", help="One training of each side per seed.")] = "1,2,3",
    minutes: Minutes = None,
    tokens: Tokens = None,
    threads: Threads = None,
    only: Only = None,
    again: Annotated[bool, typer.Option("--again", help="With --only: measure it again; the new cells count.")] = False,
    out: Annotated[Path, typer.Option("--out", help="The folder of page, cells and runs.")] = Path("comparison"),
) -> None:
    """Compare two presets or settings files: quality with significance, clocks, memory.

    Both sides read the same pairs and subwords. Finished cells are kept: after Ctrl-C the same command goes on, and
    the same command in a second terminal takes other trainings of the comparison.
    """
    budget, number_of_threads = _budget(minutes, tokens), threads or num_cores()
    parsed_seeds = _seeds(seeds)
    if again and not only:
        raise InputError("--again needs to know what is to be measured again: give --only too")
    given: Given = {
        "data.source": source,
        "data.target": target,
        "data.valid_source": valid_source,
        "data.valid_target": valid_target,
        "data.source_language": source_language,
        "data.target_language": target_language,
    }
    test = _test_set(test_source, test_target, tokenised_target)
    from regard.lab.comparison import PARTS, plan_comparison, run_comparison

    chosen = [*overrides_of(given), *(overrides or [])]
    plan, data = plan_comparison(
        first, second, chosen, seeds=parsed_seeds, budget=budget, threads=number_of_threads, test=test
    )
    try:
        with progress_reporter() as reporter:
            page = run_comparison(plan, data, out, parts=only or PARTS, again=again, reporter=reporter, finished=_tell)
    except KeyboardInterrupt:
        typer.echo(f"finished cells in {out} stay; the same command goes on from there", err=True)
        raise
    typer.echo(_summary(page))


def _tell(cell: str) -> None:
    typer.echo(f"measured: {cell}", err=True)


def _summary(page: Path) -> str:
    """The sentence of the page, its table, and where it is."""
    lines = page.read_text(encoding="utf-8").split("\n")
    table = [line for line in lines if line.startswith("|")]
    return "\n".join([lines[2].strip("*"), "", *table, "", f"table, figure and how it was measured are in {page}"])


def _budget(minutes: float | None, tokens: int | None) -> "Budget":
    from regard.lab.comparison import Budget

    return Budget(minutes=_DEFAULT_MINUTES if minutes is None and tokens is None else minutes, tokens=tokens)


def _test_set(source: Path | None, target: Path | None, tokenised: Path | None) -> "ScoredSet | None":
    from regard.lab.comparison import ScoredSet

    if source is None and (target or tokenised):
        raise InputError("references are given without --test-source; give it too, or leave them out")
    return None if source is None else ScoredSet(source, target, tokenised)


def _seeds(given: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in given.split(","))
    except ValueError:
        raise InputError(f"--seeds {given!r} is given; expected whole numbers such as 1,2,3") from None
