"""The table of commands, and ``main``."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from regard.cli.convert import convert
from regard.cli.corpus import app as corpus
from regard.cli.demo import demo
from regard.cli.doctor import doctor
from regard.cli.evaluate import evaluate
from regard.cli.exits import catch_termination, guarded
from regard.cli.explain import explain
from regard.cli.lab import app as lab
from regard.cli.mask import app as mask
from regard.cli.search_options import GroupedCommand
from regard.cli.serve import serve
from regard.cli.shortlist import shortlist
from regard.cli.streams import ready_streams
from regard.cli.train import train
from regard.cli.translate import translate
from regard.version import __version__

COMMANDS = (demo, train, translate, evaluate, explain, doctor, convert, shortlist, serve)

# Plain help and error texts: they read the same in a terminal, in a log and in a test, and start without rich.
app = typer.Typer(
    name="regard",
    help="Train a translator on your own sentence pairs, run it, and see every step of its attention.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool | None) -> None:
    if asked:
        typer.echo(f"regard {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = None,
) -> None:
    pass


for _command in COMMANDS:
    app.command(cls=GroupedCommand)(guarded(_command))
app.add_typer(corpus)
app.add_typer(mask)
app.add_typer(lab)


def _share_cores_kindly() -> None:
    """Threads that wait for each other give up the core sooner than they would by themselves.

    When another program needs the same cores, training is slowed down to half then, not to a hundredth; alone on the
    machine it costs some percent (docs/log.md has the figures). It has to be said before PyTorch is loaded.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; ends with ``SystemExit`` and its exit code."""
    ready_streams()
    catch_termination()
    _share_cores_kindly()
    app(arguments, prog_name="regard")
