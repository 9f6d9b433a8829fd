"""``regard corpus get``: a public corpus by its name, fetched, verified and unpacked."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.show import count, printable

if TYPE_CHECKING:
    from regard.corpus.fetching import Catalogue, Entry


def get(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which corpus; without it, lists them.", show_default=False)
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder to make; must not exist yet.", show_default="NAME")
    ] = None,
    sha256: Annotated[
        list[str] | None,
        typer.Option(
            "--sha256",
            metavar="[FILE=]DIGEST",
            help="The digest of a file for which the catalogue has none.",
            show_default=False,
        ),
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="A TOML file with corpora of your own.", show_default=False)
    ] = None,
) -> None:
    """Fetch a public corpus by its name, where there is a network. Nothing is unpacked that was not verified."""
    from regard.corpus.fetching import get_corpus, load_catalogue

    known = load_catalogue(catalogue)
    if name is None:
        _list(known)
        return
    entry = known.entry(name)
    folder = out or Path(name)
    lines = get_corpus(entry, folder, tell=_tell, digests=sha256 or [])
    for path, number in lines.items():
        typer.echo(f"{path}: {count(number)} lines")
    typer.echo(f"written to {folder}; its licence is {printable(entry.licence)}")
    _suggest(entry, folder)


def _tell(message: str) -> None:
    for line in message.split("\n"):
        typer.echo(printable(line), err=True)


def _list(catalogue: "Catalogue") -> None:
    for entry in catalogue.entries.values():
        needs = "" if all(file.sha256 for file in entry.files) else "\n    needs --sha256, for its digest is not known"
        typer.echo(f"{printable(entry.name)}\n    {printable(entry.title)}\n    {printable(entry.licence)}{needs}")


def _suggest(entry: "Entry", folder: Path) -> None:
    commands = [printable(command.replace("{out}", shlex.quote(str(folder)))) for command in entry.next_commands]
    if commands:
        typer.echo("\n".join(["what to type next:", *(f"  {command}" for command in commands)]))
