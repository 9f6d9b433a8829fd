"""``regard evaluate MODEL``: a test set translated, and scored against its references."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regard.cli.comparing import compared
from regard.cli.compiling import said_if_not_compiled
from regard.cli.given_pairs import GivenPairs, given_pairs
from regard.cli.options import (
    BeamOption,
    CompileOption,
    DeviceOption,
    DtypeOption,
    EnsembleOption,
    JsonOption,
    LengthPenaltyOption,
    ModelArgument,
    ShortlistOption,
    ThreadsOption,
)
from regard.cli.output import refuse_existing, text_output
from regard.cli.scored_pairs import scored_pairs
from regard.cli.scoring import score
from regard.cli.spread import spread

if TYPE_CHECKING:
    from regard.translator import SearchOptions, Translator


@spread("given", given_pairs("Sentences to translate; a .tsv file holds both sides.", "Their reference translations."))
def evaluate(
    *,
    model: ModelArgument,
    given: GivenPairs,
    beam_size: BeamOption = None,
    length_penalty: LengthPenaltyOption = None,
    shortlist: ShortlistOption = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="MODEL", help="Say whether this model differs, and by how much."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the translations here.", show_default=False)
    ] = None,
    ensemble: EnsembleOption = None,
    json: JsonOption = False,
    dtype: DtypeOption = "float32",
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    compiled: CompileOption = False,
) -> None:
    """Score a model with BLEU, chrF and TER.

    Without --source, on the pairs it was validated with. With --compare a second model translates the same sentences,
    and paired bootstrap resampling says how likely the difference is chance. A file is read in the model's languages if
    no others are named, and in its columns if nothing is named and the file has them.
    """
    refuse_existing(output)
    from regard.translator import load

    how: dict[str, Any] = {"device": device, "dtype": dtype, "threads": threads, "compiled": compiled}
    translator = said_if_not_compiled(load(model, *(ensemble or ()), **how))
    asked: SearchOptions = {"beam_size": beam_size, "length_penalty": length_penalty, "shortlist": shortlist}
    other = None if compare is None else _ready(said_if_not_compiled(load(compare, **how)), asked)
    test = scored_pairs(given, translator.settings.data)
    typer.echo(str(test), err=True)
    scored = score(translator, *test.sides, **asked)
    if output is not None:
        with text_output(output) as write:
            write("".join(f"{line}\n" for line in test.in_place(scored.hypotheses)))
    record = {"model": str(model), "test_set": test.description, **scored.record()}
    lines = scored.lines()
    if other is not None:
        second = score(other, *test.sides, **asked)
        found = compared(test.pairs, scored.hypotheses, second.hypotheses)
        record |= {"second_model": str(compare), **found.record()}
        lines += ["", f"first: {model}   second: {compare}", *found.lines()]
    typer.echo(json_format.dumps(record) if json else "\n".join(lines))


def _ready(translator: "Translator", asked: "SearchOptions") -> "Translator":
    """The second model, once it is known to do what is asked: else the work of the first would be lost.

    Raises:
        SettingsError: it cannot.
    """
    translator.translate_lines((), **asked)
    return translator
