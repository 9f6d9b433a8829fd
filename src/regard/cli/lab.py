"""``regard lab``: what textbooks say of attention, measured on this machine; and two networks compared."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.exits import guarded
from regard.cli.lab_compare import compare
from regard.cli.progress import progress_reporter
from regard.cli.show import duration

if TYPE_CHECKING:
    from regard.lab import Claim, Outcome

app = typer.Typer(
    name="lab",
    help="Measure what textbooks say of attention, and compare two networks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

DEFAULT_OUT = Path("lab")


@app.callback()
def _group() -> None:
    """Its commands are ``run``, ``list`` and ``compare``."""


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Which experiments; all if none is named.", show_default=False),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="The folder of page, records and trained networks.")] = DEFAULT_OUT,
    full: Annotated[bool, typer.Option("--full", help="Train longer, on more sentences: hours, not minutes.")] = False,
) -> None:
    """Run experiments: each measures a claim beside a control that would refute it.

    What is recorded in the folder already is not run again; after Ctrl-C the same command goes on.
    """
    from regard.lab import FULL, USUAL, find_experiments, run_lab

    experiments = find_experiments(names or ())
    try:
        with progress_reporter() as reporter:
            effort = FULL if full else USUAL
            outcomes = run_lab(experiments, out, effort=effort, reporter=reporter, finished=_tell)
    except KeyboardInterrupt:
        typer.echo(f"what is recorded in {out} stays; the same command goes on from there", err=True)
        raise
    claims = [claim for outcome in outcomes for claim in outcome.claims]
    held = sum(claim.holds for claim in claims)
    typer.echo(f"\n{held} of {len(claims)} claims hold; tables, controls and figures are in {out / 'claims.md'}")


def list_experiments() -> None:
    """List the experiments, and the networks each needs trained."""
    from regard.lab import EXPERIMENTS

    width = max(len(experiment.name) for experiment in EXPERIMENTS)
    for experiment in EXPERIMENTS:
        needs = f" (trains {', '.join(experiment.networks)})" if experiment.networks else ""
        typer.echo(f"{experiment.name:<{width}}  {experiment.subject}{needs}")


def _tell(outcome: "Outcome") -> None:
    took = "recorded before" if outcome.seconds is None else duration(outcome.seconds)
    typer.echo(f"\n{outcome.name} ({took})")
    for claim in outcome.claims:
        typer.echo("\n".join(_lines(claim)))


def _lines(claim: "Claim") -> list[str]:
    told = [] if claim.told is None else [f"  {_sign(claim.told.holds)} (as it is told) {claim.told.text}"]
    told += [] if claim.told is None else [f"      measured: {claim.told.measured}"]
    return [
        *told,
        f"  {_sign(claim.holds)} {claim.text}",
        f"      expected: {claim.expected}",
        f"      measured: {claim.measured}",
    ]


def _sign(holds: bool) -> str:
    return "✓" if holds else "✗"


app.command("run")(guarded(run))
app.command("list")(guarded(list_experiments))
app.command("compare")(guarded(compare))
