"""``regard shortlist MODEL``: learns which pieces may translate which, for ``--shortlist``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.given_pairs import GivenPairs, given_pairs
from regard.cli.options import ModelArgument
from regard.cli.show import count
from regard.cli.spread import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.corpus import Pair


@spread(
    "given",
    given_pairs("Pairs to learn from, if not those of training; a .tsv file holds both sides.", "Their translations."),
)
def shortlist(
    *,
    model: ModelArgument,
    given: GivenPairs,
    per_piece: Annotated[int, typer.Option("--per-piece", min=1, help="Translations kept of each piece.")] = 200,
    frequent: Annotated[
        int, typer.Option("--frequent", min=0, help="Pieces that any translation may hold, the most frequent ones.")
    ] = 300,
) -> None:
    """Learn from the training pairs which pieces may translate which, and keep that in the model's folder.

    translate and evaluate with --shortlist then choose among few pieces instead of the whole vocabulary. A file is read
    in the model's languages if no others are named, and in its columns if nothing is named and the file has them.
    """
    from regard.runs.shortlist import add_shortlist

    learned = add_shortlist(model, _pairs(given, model), per_piece=per_piece, num_frequent=frequent)
    typer.echo(
        f"{count(len(learned.translations))} translations of {count(learned.vocab_size)} pieces are in the model now; "
        "translate and evaluate use them with --shortlist"
    )


def _pairs(given: GivenPairs, model: Path) -> "Sequence[Pair] | None":
    if given.source is None:
        return None
    from regard.bundle import load_bundle
    from regard.corpus.shards import read_corpus

    reading = given.reading(load_bundle(model).settings.data)
    return list(read_corpus(given.source, given.target, reading=reading))
