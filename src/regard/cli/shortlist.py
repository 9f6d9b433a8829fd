"""``regard shortlist MODEL``: learns which pieces may translate which, for ``--shortlist``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.options import ModelArgument
from regard.cli.show import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.corpus import Pair


def shortlist(
    *,
    model: ModelArgument,
    source: Annotated[
        Path | None,
        typer.Option(
            "--source",
            help="Pairs to learn from, if not those of training; a .tsv file holds both sides.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[Path | None, typer.Option("--target", help="Their translations.", show_default=False)] = None,
    per_piece: Annotated[int, typer.Option("--per-piece", min=1, help="Translations kept of each piece.")] = 200,
    frequent: Annotated[
        int, typer.Option("--frequent", min=0, help="Pieces that any translation may hold, the most frequent ones.")
    ] = 300,
) -> None:
    """Learn from the training pairs which pieces may translate which, and keep that in the model's folder.

    translate and evaluate with --shortlist then choose among few pieces instead of the whole vocabulary.
    """
    from regard.runs.shortlist import add_shortlist

    learned = add_shortlist(model, _pairs(source, target), per_piece=per_piece, num_frequent=frequent)
    typer.echo(
        f"{count(len(learned.translations))} translations of {count(learned.vocab_size)} pieces are in the model now; "
        "translate and evaluate use them with --shortlist"
    )


def _pairs(source: Path | None, target: Path | None) -> "Sequence[Pair] | None":
    from regard.corpus import read_pairs
    from regard.errors import InputError

    if source is None and target is not None:
        raise InputError("--target is given without --source; give both, or neither for the model's training pairs")
    return None if source is None else list(read_pairs(source, target))
